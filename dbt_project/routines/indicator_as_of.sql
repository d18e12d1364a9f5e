-- bi.indicator as it was known at a moment, for BI tools; its caller needs no right but on the view that it reads.
create or replace function bi.indicator_as_of(moment timestamptz)
returns table (
    metric text, period_kind text, period text, area_mode text, area_code text, area text, breakdown text,
    numerator numeric, denominator numeric, value numeric, is_suppressed boolean
)
language sql stable
begin atomic
    select
        metric, period_kind, period, area_mode, area_code, area, breakdown, numerator, denominator, value, is_suppressed
    from bi.indicator_vintage as vintage where vintage.known_from <= moment and moment < vintage.known_to;
end

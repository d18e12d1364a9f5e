{#
  Kaplan-Meier by group, of a relation with the columns of `by` and (days, is_event, weight): a case that is still open on its last known day is censored.
  Gives by, cases, events, quartile_days and median_days (null where a quarter or half was not reached), and of each of `within_days`: events_by_<days>, and by_<days>,
  the share with an event until then; null where no case was observed for so long and some have had no event. Survival is rounded to nine digits, so that a product that is
  one half is one half.
#}
{% macro kaplan_meier(cases, by, within_days=[30, 60, 90, 180]) -%}
(
    with timed as (
        select {{ by | join(', ') }}, days, sum(weight) as leaving, coalesce(sum(weight) filter (where is_event), 0) as events
        from {{ cases }}
        group by {{ by | join(', ') }}, days
    ),

    risk as (
        select *, sum(leaving) over (partition by {{ by | join(', ') }} order by days desc) as at_risk
        from timed
    ),

    curve as (
        select
            *,
            case
                when bool_or(events >= at_risk) over so_far then 0
                else round(exp(sum(ln(nullif(greatest(1 - events / at_risk, 0), 0))) over so_far), 9)
            end as survival
        from risk
        window so_far as (partition by {{ by | join(', ') }} order by days)
    )

    select
        {{ by | join(', ') }},
        sum(leaving) as cases,
        sum(events) as events,
        min(days) filter (where survival <= 0.75) as quartile_days,
        min(days) filter (where survival <= 0.5) as median_days,
        {%- for last_day in within_days %}
        coalesce(sum(events) filter (where days <= {{ last_day }}), 0) as events_by_{{ last_day }},
        case
            when max(days) >= {{ last_day }} or min(survival) = 0 then 1 - coalesce(min(survival) filter (where days <= {{ last_day }}), 1)
        end as by_{{ last_day }}{{ ',' if not loop.last }}
        {%- endfor %}
    from curve
    group by {{ by | join(', ') }}
)
{%- endmacro %}

{#
  Kaplan-Meier by group, of a relation with the columns of `by` and (days, is_event, weight): a case that is still open on its last known day is censored.
  Gives by, cases, events, median_days (null where half was not reached) and by_day: the share with an event within `within_days` days. Survival is rounded to nine digits,
  so that a product that is one half is one half.
#}
{% macro kaplan_meier(cases, by, within_days=90) -%}
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
        min(days) filter (where survival <= 0.5) as median_days,
        1 - coalesce(min(survival) filter (where days <= {{ within_days }}), 1) as by_day
    from curve
    group by {{ by | join(', ') }}
)
{%- endmacro %}

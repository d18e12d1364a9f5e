{{ config(
    incremental_strategy='keep_vintages',
    pre_hook='set local enable_nestloop = off',
    meta={'cell': ['metric', 'period_kind', 'period', 'area_mode', 'area_code', 'breakdown'],
        'told': ['numerator', 'denominator', 'value', 'is_suppressed']},
    indexes=[{'columns': ['known_to', 'metric', 'period_kind', 'period', 'area_mode', 'area_code', 'breakdown'], 'unique': true}]
) }}
-- What was known of every indicator, vintage by vintage: a row stays for ever, and ends when a build counts the cell otherwise. The only mart that cannot be
-- built again, so it stands apart from those that can.
select
    metric,
    period_kind,
    period,
    area_mode,
    area_code,
    area,
    breakdown,
    numerator,
    denominator,
    value,
    is_suppressed,
    now() as known_from,
    'infinity'::timestamptz as known_to,
    coalesce((select max(build.build_id) from {{ source('ops', 'build') }} as build where build.finished_at is null), -1) as build_id
from {{ ref('indicator_cell') }}

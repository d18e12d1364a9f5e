{{ config(
    incremental_strategy='keep_vintages',
    pre_hook='set local enable_nestloop = off',
    meta={'cell': ['metric', 'period_kind', 'period', 'area_mode', 'area_code', 'breakdown'],
        'figures': ['numerator', 'denominator', 'value', 'is_suppressed']},
    indexes=[{'columns': ['known_to', 'metric', 'period_kind', 'period', 'area_mode', 'area_code', 'breakdown'], 'unique': true}]
) }}
-- Every indicator as it was known, vintage by vintage: a row is never deleted, and its validity ends when a build counts the cell differently. It cannot be
-- built again, so it has a schema of its own.
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
    coalesce((select max(build.build_id) from {{ source('ops', 'build') }} as build where build.finished_at is null), -1) as build_id,
    status
from {{ ref('covered_cell') }}

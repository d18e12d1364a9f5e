-- The rows behind the coding of jobs, and the deliveries behind the quality of deliveries (a delivery has no row number).
select
    cell.metric,
    'all' as period_kind,
    'all' as period,
    job.area_mode,
    job.area_code,
    'feed=' || job.feed as breakdown,
    cell.part,
    job.fact,
    job.batch_id,
    job.row_no,
    job.row_sk as unit,
    job.area_weight as amount
from {{ in_places(ref('int_job__coded')) }} as job
cross join
    lateral (
        values
        ('coded_level_1', length(job.occupation_official) >= 1),
        ('coded_level_2', length(job.occupation_official) >= 2),
        ('coded_level_4', length(job.occupation_official) >= 4),
        ('coded_level_5', length(job.occupation_official) >= 5),
        ('coded_provisional', job.occupation_detail <> job.occupation_official),
        ('coded_by_sender', job.coding_method = 'given'),
        ('uncodable', job.occupation_official is null)
    ) as metric (metric, is_met)
cross join lateral (values (metric.metric, 'numerator', metric.is_met), (metric.metric, 'denominator', true)) as cell (metric, part, belongs)
where cell.belongs
union all
select
    cell.metric,
    'all',
    'all',
    'as_reported',
    place.area_code,
    'feed=' || delivery.feed,
    cell.part,
    'batch',
    delivery.batch_id,
    null,
    delivery.batch_id as unit,
    1
from {{ ref('int_delivery__first') }} as delivery
cross join lateral (values (delivery.sender_code), ('all')) as place (area_code)
cross join
    lateral (
        values
        ('first_pass_rate', 'numerator', delivery.is_passed),
        ('first_pass_rate', 'denominator', true),
        ('on_time_rate', 'numerator', delivery.is_on_time),
        ('on_time_rate', 'denominator', true)
    ) as cell (metric, part, belongs)
where cell.belongs
union all
select
    'rows_put_aside',
    'all',
    'all',
    'as_reported',
    place.area_code,
    'feed=' || batch.feed,
    cell.part,
    'batch',
    batch.batch_id,
    null,
    batch.batch_id as unit,
    cell.amount
from {{ ref('stg_ops__batch') }} as batch
cross join lateral (values (batch.sender_code), ('all')) as place (area_code)
cross join lateral (values ('numerator', batch.records_quarantined), ('denominator', batch.declared_records)) as cell (part, amount)
where batch.state = 'published' and cell.amount is not null

-- The rows behind supply and demand by occupation, and behind the province's trades.
select
    'employed' as metric,
    'all' as period_kind,
    'all' as period,
    supply.area_mode,
    supply.area_code,
    told.breakdown,
    'numerator' as part,
    'fct_labour_supply' as fact,
    supply.batch_id,
    supply.row_no,
    supply.supply_sk as unit,
    supply.area_weight as amount
from {{ in_places(ref('int_supply__latest')) }} as supply
cross join
    lateral (
        values
        ('all', true),
        ('occupation=' || supply.occupation_code, true),
        ('trade=' || supply.occupation_detail, supply.occupation_detail <> supply.occupation_official)
    ) as told (breakdown, belongs)
where supply.activity_status = 'employed' and told.belongs
union all
select
    cell.metric,
    'all',
    'all',
    supply.area_mode,
    supply.area_code,
    told.breakdown,
    cell.part,
    'fct_labour_supply',
    supply.batch_id,
    supply.row_no,
    supply.who,
    supply.area_weight
from {{ in_places(ref('int_supply__latest')) }} as supply
cross join lateral (values ('all'), ('occupation=' || supply.wanted_occupation_code)) as told (breakdown)
cross join (values ('seekers_surveyed', 'numerator'), ('tension_planned', 'denominator')) as cell (metric, part)
where supply.wants_job
union all
select
    cell.metric,
    'all',
    'all',
    demand.area_mode,
    demand.area_code,
    told.breakdown,
    'numerator',
    'fct_labour_demand',
    demand.batch_id,
    demand.row_no,
    demand.demand_sk,
    demand.openings * demand.area_weight
from {{ in_places(ref('int_demand__latest')) }} as demand
cross join lateral (values ('all'), ('occupation=' || demand.occupation_code)) as told (breakdown)
cross join (values ('openings_planned'), ('tension_planned')) as cell (metric)
union all
select
    'openings_ordered',
    'all',
    'all',
    job_order.area_mode,
    job_order.area_code,
    'trade=' || job_order.occupation_detail,
    'numerator',
    'fct_job_order',
    job_order.batch_id,
    job_order.row_no,
    job_order.order_sk,
    job_order.openings * job_order.area_weight
from {{ in_places(ref('fct_job_order')) }} as job_order
where job_order.occupation_detail <> job_order.occupation_official

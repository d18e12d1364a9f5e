-- What: openings for women are not more than all openings of the order or the occupation group.
-- When it fails: a rule of the audit was changed and passes such rows.
-- How to fix: find the rows by batch_id and row_no; the rules are those of job_orders and employers in include/contracts.
{{ config(severity='error') }}
with orders as (select * from {{ ref('fct_job_order') }}),

demand as (select * from {{ ref('fct_labour_demand') }})

select
    batch_id,
    row_no,
    openings,
    openings_female
from orders
where openings_female > openings and {{ in_build_scope('job_orders', 'orders') }}
union all
select
    batch_id,
    row_no,
    openings,
    openings_female
from demand
where openings_female > openings and {{ in_build_scope('employers', 'demand') }}

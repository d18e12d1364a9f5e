-- What: openings for women are not more than all openings of the order or the occupation group.
-- When it fails: a rule of the audit was changed and lets such rows through.
-- How to fix: find the rows by batch_id and row_no; the rule is job_orders / employers in include/contracts.
{{ config(severity='error') }}
select
    batch_id,
    row_no,
    openings,
    openings_female
from {{ ref('fct_job_order') }} as job_order
where openings_female > openings and {{ in_build_scope('job_orders', 'job_order') }}
union all
select
    batch_id,
    row_no,
    openings,
    openings_female
from {{ ref('fct_labour_demand') }} as demand
where openings_female > openings and {{ in_build_scope('employers', 'demand') }}

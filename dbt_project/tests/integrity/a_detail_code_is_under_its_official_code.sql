-- What: a fact's detail code is its official code or a provisional one under it, so that official figures never move because of a provisional code.
-- When it fails: a provisional code was given to a title of another group.
-- How to fix: look at the keywords of the code (lmw occupation list); they match titles that are not meant.
{{ config(severity='error') }}
with supply as (select * from {{ ref('fct_labour_supply') }}),

orders as (select * from {{ ref('fct_job_order') }})

select
    batch_id,
    row_no,
    occupation_official,
    occupation_detail
from supply
where {{ in_build_scope('labour_survey', 'supply') }} and not starts_with(occupation_detail, occupation_official)
union all
select
    batch_id,
    row_no,
    occupation_official,
    occupation_detail
from orders
where {{ in_build_scope('job_orders', 'orders') }} and not starts_with(occupation_detail, occupation_official)

-- Job orders in their present state, with the employer of the day on which each was posted.
with orders as (select * from {{ ref('fct_job_order') }}),

dates as (select * from {{ ref('dim_date') }}),

areas as (select * from {{ ref('dim_area') }}),

employer_versions as (select * from {{ ref('dim_employer_version') }}),

industries as (select * from {{ ref('dim_industry') }}),

occupations as (select * from {{ ref('dim_occupation') }})

select
    {{ analysis_key('orders.order_sk') }} as order_key,
    {{ analysis_key('orders.employer_sk') }} as employer_key,
    orders.sender_code,
    posted.date_day as posted_on,
    posted.month_start as posted_month,
    case when deadline.date_sk > 0 then deadline.date_day end as deadline_on,
    case when closed.date_sk > 0 then closed.date_day end as closed_on,
    case when closed.date_sk > 0 then closed.date_day - posted.date_day end as days_open,
    orders.close_reason,
    orders.district_code,
    areas.district_name_vi,
    {{ employer_columns('employer_versions', 'industries') }},
    {{ occupation_columns('occupations') }},
    orders.contract_type,
    orders.work_time,
    orders.qualification,
    orders.wage_min_vnd,
    orders.wage_max_vnd,
    orders.openings,
    orders.openings_female,
    case when closed.date_sk < 0 then 1 else 0 end as open_orders,
    1 as orders
from orders
inner join dates as posted on orders.posted_date_sk = posted.date_sk
inner join dates as deadline on orders.deadline_date_sk = deadline.date_sk
inner join dates as closed on orders.closed_date_sk = closed.date_sk
inner join areas on orders.area_sk = areas.area_sk
inner join employer_versions on orders.employer_version_sk = employer_versions.employer_version_sk
inner join industries on employer_versions.industry_sk = industries.industry_sk
inner join occupations on orders.occupation_detail_sk = occupations.occupation_sk
where {{ is_visible_to_reader('orders.district_code') }}

{{ config(incremental_strategy='replace_batch', meta={'feed': 'job_orders'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_employer') }}
-- depends_on: {{ ref('dim_job_order') }}
-- depends_on: {{ ref('dim_occupation') }}
-- An accumulating fact: an order is posted, and later closed with a reason. The code that the sender gave has priority over that of the title.
with orders as (select * from {{ ref('stg_job_orders__job_order') }}),

sent_codes as (select * from {{ ref('int_sent_codes__resolved') }}),

employers as (select * from {{ ref('dim_employer') }}),

employer_versions as (select * from {{ ref('dim_employer_version') }}),

titles as (select * from {{ ref('int_titles__coded') }}),

areas as (select * from {{ ref('int_areas__keyed') }})

select
    {{ surrogate_key(['orders.sender_code', 'orders.order_no']) }} as order_sk,
    orders.sender_code,
    orders.period,
    orders.order_no,
    orders.batch_id,
    orders.row_no,
    {{ surrogate_key(['orders.sender_code', 'orders.employer_no']) }} as employer_sk,
    coalesce(employer_versions.employer_version_sk, -1) as employer_version_sk,
    coalesce(areas.area_sk, -1) as area_sk,
    coalesce(areas.parent_district_code, orders.sender_code) as district_code,
    to_char(orders.posted_on, 'YYYYMMDD')::int as posted_date_sk,
    coalesce(to_char(orders.deadline, 'YYYYMMDD')::int, -2) as deadline_date_sk,
    coalesce(to_char(orders.closed_on, 'YYYYMMDD')::int, -2) as closed_date_sk,
    orders.close_reason,
    coalesce(sent_codes.occupation_l2_sk, titles.occupation_l2_sk, -1) as occupation_sk,
    coalesce(sent_codes.occupation_code, titles.occupation_code) as occupation_official,
    codes.occupation_detail,
    {{ occupation_key('codes.occupation_detail') }} as occupation_detail_sk,
    case when sent_codes.occupation_code is not null then 'given' else titles.method end as coding_method,
    case when sent_codes.occupation_code is not null then 1.0 else titles.score end as coding_score,
    orders.contract_type,
    orders.work_time,
    orders.qualification,
    orders.openings,
    coalesce(orders.openings_female, 0) as openings_female,
    orders.wage_min_vnd,
    orders.wage_max_vnd
from orders
left join sent_codes on orders.occupation_code = sent_codes.sent_code
left join employers on orders.sender_code = employers.sender_code and orders.employer_no = employers.employer_no
left join employer_versions
    on employers.employer_sk = employer_versions.employer_sk
        and orders.posted_on >= employer_versions.valid_from
        and orders.posted_on < employer_versions.valid_to
left join titles on orders.title = titles.title_key and titles.context = {{ title_context('industry', 'employers.vsic_code') }}
left join areas on {{ is_commune_on('areas', 'orders.commune_code', 'orders.posted_on') }}
cross join
    lateral (
        values
        (
            coalesce(
                case
                    when starts_with(titles.detail_code, coalesce(sent_codes.occupation_code, titles.occupation_code)) then titles.detail_code
                end,
                sent_codes.occupation_code, titles.occupation_code
            )
        )
    ) as codes (occupation_detail)
where {{ in_scope('job_orders', 'orders') }}

{{ config(incremental_strategy='replace_batch', meta={'feed': 'job_orders'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_employer') }}
-- depends_on: {{ ref('dim_occupation') }}
-- One row a job order, as it stands now: posted, and closed with its reason (accumulating).
select
    {{ surrogate_key(['job_order.sender_code', 'job_order.order_no']) }} as order_sk,
    job_order.sender_code,
    job_order.period,
    job_order.order_no,
    job_order.batch_id,
    job_order.row_no,
    {{ surrogate_key(['job_order.sender_code', 'job_order.employer_no']) }} as employer_sk,
    coalesce(area.area_sk, -1) as area_sk,
    coalesce(area.parent_district_code, job_order.sender_code) as district_code,
    to_char(job_order.posted_on, 'YYYYMMDD')::int as posted_date_sk,
    coalesce(to_char(job_order.deadline, 'YYYYMMDD')::int, -2) as deadline_date_sk,
    coalesce(to_char(job_order.closed_on, 'YYYYMMDD')::int, -2) as closed_date_sk,
    job_order.close_reason,
    coalesce(given.occupation_l2_sk, title.occupation_l2_sk, -1) as occupation_sk,
    coalesce(given.occupation_code, title.occupation_code) as occupation_official,
    coalesce(
        case when starts_with(title.detail_code, coalesce(given.occupation_code, title.occupation_code)) then title.detail_code end,
        given.occupation_code, title.occupation_code
    ) as occupation_detail,
    case when given.occupation_code is not null then 'given' else title.method end as coding_method,
    case when given.occupation_code is not null then 1.0 else title.score end as coding_score,
    job_order.contract_type,
    job_order.work_time,
    job_order.qualification,
    job_order.openings,
    coalesce(job_order.openings_female, 0) as openings_female,
    job_order.wage_min_vnd,
    job_order.wage_max_vnd
from {{ ref('stg_job_orders__job_order') }} as job_order
left join {{ ref('int_occupation__given') }} as given on job_order.occupation_code = given.sent_code
left join {{ ref('dim_employer') }} as employer on job_order.sender_code = employer.sender_code and job_order.employer_no = employer.employer_no
left join {{ ref('int_title__coded') }} as title on job_order.title = title.title_key and title.context = {{ title_context('industry', 'employer.vsic_code') }}
left join {{ ref('int_area__keyed') }} as area
    on area.level = 'commune' and job_order.commune_code = area.code
        and job_order.posted_on >= area.valid_from and job_order.posted_on < area.valid_to
where {{ in_scope('job_orders', 'job_order') }}

-- The rows of marts whose key is -1 or -2, by table and key, with the limit of the share of -1 and its owner. The special members themselves have such
-- keys too.
with counts as (
    {{ counts_of_keys([
        ref('bridge_area_analysis'), ref('bridge_area_succession'), ref('bridge_occupation_map'), ref('bridge_session_fund'),
        ref('dim_employer'), ref('dim_employer_version'), ref('dim_household'), ref('dim_job_order'), ref('dim_person'), ref('dim_session'),
        ref('fct_budget_movement'), ref('fct_counselling'), ref('fct_fair_attendance'), ref('fct_fair_interview'), ref('fct_fair_session'),
        ref('fct_job_order'), ref('fct_labour_demand'), ref('fct_labour_supply'), ref('fct_placement'), ref('fct_poverty_household'),
        ref('fct_programme_plan'),
    ]) }}
)

select
    table_name,
    key_name,
    owner,
    all_rows,
    {{ suppressed('unknown_rows') }} as unknown_rows,
    {{ suppressed('not_applicable_rows') }} as not_applicable_rows,
    case when not {{ is_small('unknown_rows') }} then round(unknown_rows::numeric / nullif(all_rows, 0), 3) end as share_unknown,
    share_limit,
    unknown_rows > share_limit * all_rows and unknown_rows >= {{ var('smallest_cell') }} as is_above_limit
from counts

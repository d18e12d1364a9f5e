{{ config(
    materialized='incremental',
    full_refresh=false,
    on_schema_change='append_new_columns',
    contract={'enforced': var('known_at', none) is none},
    incremental_strategy='merge',
    unique_key=['view_name', 'set_no']
) }}
-- depends_on: {{ source('ops', 'build_scope') }}
-- How many rows of the views about persons are the only ones with their attributes, counted by each build that changed such rows.
with risks as (
    {{ risk_of_views({
        'surveyed_persons': ref('surveyed_persons'),
        'visits': ref('visits'),
        'counsellings': ref('counsellings'),
        'job_starts': ref('job_starts'),
        'registered_households': ref('registered_households'),
    }) }}
)

select
    view_name,
    set_no,
    attributes,
    all_rows,
    unique_rows,
    small_rows,
    round(unique_rows::numeric / nullif(all_rows, 0), 3) as share_unique,
    round(small_rows::numeric / nullif(all_rows, 0), 3) as share_small,
    now() as counted_at
from risks

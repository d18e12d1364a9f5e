{#
  The incremental strategies of dimensions that describe what deliveries name: rows are written by key, and those that the scope named before and that no current
  record names any more are removed, so that a build of a correction leaves the rows that a first build would write. The model selects a row for every
  key of the scope that a current record names; special members are in no scope.
#}
{% macro get_incremental_merge_and_remove_sql(arg_dict) -%}
{{ get_incremental_merge_sql(arg_dict) }};
{{ remove_unseen(arg_dict) }}
{%- endmacro %}

{% macro get_incremental_replace_key_and_remove_sql(arg_dict) -%}
{{ get_incremental_delete_insert_sql(arg_dict) }};
{{ remove_unseen(arg_dict) }}
{%- endmacro %}

{% macro remove_unseen(arg_dict) -%}
{%- set key = arg_dict['unique_key'] -%}
-- the array lets the index of the key serve: of a long history only the rows in scope are read
delete from {{ arg_dict['target_relation'] }} as target
where target.{{ key }} = any(array(
    {{ keys_in_scope(model.name) }}
))
and not exists (select from {{ arg_dict['temp_relation'] }} as written where written.{{ key }} = target.{{ key }})
{%- endmacro %}

{# The keys of a dimension that any version of a record in the scope names. #}
{% macro keys_in_scope(dimension) -%}
{%- if dimension == 'dim_person' -%}
select {{ surrogate_key(['named.person_key']) }}
from ({{ all_versions_in_scope(['labour_survey', 'fair_attendance', 'placements'], ['person_key']) }}) as named
where named.person_key is not null
{%- elif dimension == 'dim_household' -%}
select {{ surrogate_key(['named.sender_code', 'named.period', 'named.household_no']) }}
from ({{ all_versions_in_scope('poverty_register', ['sender_code', 'period', 'household_no']) }}) as named
{%- elif dimension in ('dim_employer', 'dim_employer_version') -%}
select {{ surrogate_key(['named.sender_code', 'named.employer_no']) }}
from ({{ all_versions_in_scope(['employers', 'job_orders', 'fair_attendance'], ['sender_code', 'employer_no']) }}) as named
where named.employer_no is not null
{%- elif dimension == 'dim_session' -%}
select {{ surrogate_key(['named.sender_code', 'named.session_no']) }}
from ({{ all_versions_in_scope('fair_sessions', ['sender_code', 'session_no']) }}) as named
{%- elif dimension == 'dim_job_order' -%}
select {{ surrogate_key(['named.sender_code', 'named.order_no']) }}
from ({{ all_versions_in_scope('job_orders', ['sender_code', 'order_no']) }}) as named
{%- else -%}
{{ exceptions.raise_compiler_error('no keys in scope are declared for ' ~ dimension) }}
{%- endif -%}
{%- endmacro %}

{#
  The views of analysis about persons and households, with the attributes by which a person might recognise a row: sets of them, each with those of the set before it.
  `person` is what a group counts, where a person may have several rows; a row without a known person is a person of its own.
#}
{% macro views_with_risk() -%}
{%- set groups = ['is_border'] -%}
{%- for group in priority_groups() -%}{%- do groups.append('is_' ~ group) -%}{%- endfor -%}
{{ return([
    {'view': 'surveyed_persons', 'feeds': 'labour_survey', 'person': none, 'sets': [
        ['period', 'district_code', 'sex', 'age_band'],
        ['area_type', 'education_level', 'qualification'],
        ['activity_status', 'employment_status', 'occupation_l2'],
        ['surveyed_month', 'inactive_reason', 'unemployed_duration', 'wants_job', 'occupation_code', 'wanted_occupation_code'] + groups,
    ]},
    {'view': 'visits', 'feeds': ['fair_attendance', 'fair_sessions'], 'person': 'coalesce(nullif(person_key, -1), visit_key)', 'sets': [
        ['district_code', 'sex', 'age_band'],
        ['held_month', 'session_key'],
        ['counselled', 'interviewed', 'passed', 'offered', 'accepted', 'started'] + groups,
    ]},
    {'view': 'counsellings', 'feeds': ['fair_attendance', 'fair_sessions'], 'person': 'coalesce(nullif(person_key, -1), counselling_key)', 'sets': [
        ['district_code', 'sex', 'age_band'],
        ['counselled_month', 'channel', 'session_key'] + groups,
    ]},
    {'view': 'job_starts', 'feeds': ['fair_attendance', 'placements'], 'person': 'coalesce(nullif(person_key, -1), start_key)', 'sets': [
        ['district_code', 'sex', 'age_band'],
        ['start_month', 'channel'],
        ['employer_type', 'employer_size', 'industry_section', 'occupation_l2'],
        ['session_key', 'workplace_district_code', 'contract_type', 'wage_vnd', 'occupation_code', 'industry_division'] + groups,
    ]},
    {'view': 'registered_households', 'feeds': 'poverty_register', 'person': none, 'sets': [
        ['vintage', 'district_code', 'status', 'members_band'],
        ['commune_code', 'households_with_working_age'],
    ]},
]) }}
{%- endmacro %}

{# One row for each set of attributes of a view: its rows, those in a group of one person, and those in a group of fewer persons than the smallest cell. #}
{% macro risk_of_views(relations) -%}
{%- for listed in views_with_risk() -%}
{%- set attributes = [] -%}
{%- set last_view = loop.last -%}
{%- for added in listed.sets -%}
{%- do attributes.extend(added) %}
    select
        '{{ listed.view }}' as view_name,
        {{ loop.index }} as set_no,
        '{{ attributes | join(', ') }}' as attributes,
        counted.all_rows,
        counted.unique_rows,
        counted.small_rows
    from (
        select
            coalesce(sum(same.row_count), 0)::bigint as all_rows,
            coalesce(sum(same.row_count) filter (where same.persons = 1), 0)::bigint as unique_rows,
            coalesce(sum(same.row_count) filter (where same.persons < {{ var('smallest_cell') }}), 0)::bigint as small_rows
        from (
            select
                count(*) as row_count,
                count({{ 'distinct ' ~ listed.person if listed.person else '*' }}) as persons
            from {{ relations[listed.view] }}
            group by {{ attributes | join(', ') }}
        ) as same
    ) as counted
    {%- if is_incremental() %}
    where exists (select 1 from {{ source('ops', 'build_scope') }} as scope where scope.feed in ({{ feed_list(listed.feeds) }}))
    {%- endif %}
    {%- if not (loop.last and last_view) %}
    union all
    {%- endif %}
{%- endfor -%}
{%- endfor -%}
{%- endmacro %}

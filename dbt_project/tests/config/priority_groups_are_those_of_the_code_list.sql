-- What: the groups of the macro priority_groups are the codes of the list priority_group.
-- When it fails: a group was added to one of the two; its flags and figures would be missing, or always false.
-- How to fix: make macros/priority_groups.sql and seeds/form/code_list.csv the same, and add the column is_<code> to the facts that have the others.
{{ config(severity='error') }}
with listed as (
    select code
    from {{ ref('code_list') }}
    where code_list = 'priority_group'
),

flagged as (
    select unnest(string_to_array('{{ priority_groups() | join(' ') }}', ' ')) as code
)

select code
from listed
full join flagged using (code)
where listed.code is null or flagged.code is null

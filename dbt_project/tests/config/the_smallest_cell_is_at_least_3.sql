-- What: the count below which bi hides persons (var smallest_cell) is at least 3.
-- When it fails: the variable was lowered, and a district's table now shows one or two persons of a group.
-- How to fix: set smallest_cell to 3 or more in dbt_project.yml, or in --vars.
{{ config(severity='error') }}
select {{ var('smallest_cell') }} as smallest_cell
where {{ var('smallest_cell') }} < 3

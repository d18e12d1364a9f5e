{#
  Which subjects of indicators a build counts again: those with a feed of the scope among their sources, those that read no feed (they read the ledger), and those
  that read the reporting cutoff date when it is another than in the last build. All of them when the table is new, and after a deployment or a
  change of the reference lists.
#}
{% macro subjects_to_count(subjects) -%}
{%- if not execute or not is_incremental() -%}
    {{ return(subjects) }}
{%- endif -%}
{%- set state = state_of_cells() -%}
{%- if state.is_outdated -%}
    {{ return(subjects) }}
{%- endif -%}
{%- set chosen = [] -%}
{%- for subject in subjects -%}
    {%- set sources = upstream('model.' ~ project_name ~ '.cells_' ~ subject) -%}
    {%- set feeds = [] -%}
    {%- for feed in graph.sources.values() | selectattr('source_name', 'equalto', 'core') if feed.unique_id in sources -%}
        {%- do feeds.append(feed.name) -%}
    {%- endfor -%}
    {%- set reads_cutoff = ('model.' ~ project_name ~ '.int_reporting_cutoff_date') in sources -%}
    {%- if not feeds or feeds | select('in', state.feeds) | list or (reads_cutoff and state.is_cutoff_new) -%}
        {%- do chosen.append(subject) -%}
    {%- endif -%}
{%- endfor -%}
{{ return(chosen) }}
{%- endmacro %}

{# The cells of subjects, one after another. #}
{% macro cells_of_subjects(subjects) -%}
{%- for subject in subjects %}
select
    '{{ subject }}' as subject,
    cells.*
from {{ ref('cells_' ~ subject) }} as cells
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endmacro %}

{# A node, and every node that it reads, directly or through others. #}
{% macro upstream(node) -%}
{%- set found = [node] -%}
{%- for reader in found if reader in graph.nodes -%}
    {%- for parent in graph.nodes[reader].depends_on.nodes if parent not in found -%}
        {%- do found.append(parent) -%}
    {%- endfor -%}
{%- endfor -%}
{{ return(found) }}
{%- endmacro %}

{#
  What decides which cells a build counts again. Known only while dbt runs.
    is_outdated: no build of everything has succeeded since the project or the reference lists changed, or within full_build_days
    is_cutoff_new: the reporting cutoff date is another than in the last build: it moved with today's date or with an event
    feeds: of the scope
#}
{% macro state_of_cells() -%}
{%- set query -%}
select
    not exists (
        select 1
        from {{ source('ops', 'setting') }} as full_build
        where full_build.name = 'full_build' and full_build.set_at > clock_timestamp() - interval '{{ var("full_build_days") }} days'
            and full_build.set_at > (select max(changes.set_at) from {{ source('ops', 'setting') }} as changes where changes.name in ('seed_hash', 'deployed_project'))
    ) as is_outdated,
    cutoff.day::text is distinct from (
        select built.value::jsonb ->> 'cutoff' from {{ source('ops', 'setting') }} as built where built.name = 'built_state'
    ) as is_cutoff_new,
    (select string_agg(distinct scope.feed, ' ') from {{ source('ops', 'build_scope') }} as scope) as feeds
from {{ ref('int_reporting_cutoff_date') }} as cutoff
{%- endset -%}
{%- set row = run_query(query).rows[0] -%}
{{ return({'is_outdated': row['is_outdated'], 'is_cutoff_new': row['is_cutoff_new'], 'feeds': (row['feeds'] or '').split()}) }}
{%- endmacro %}

{#
  Writes the subjects that this build counts into ops.cell_scope, within the transaction that writes their cells: other sessions see an empty table. first_year: the
  cells of earlier years are left as they are; 0 counts all years again.

  Stocks: an order, a wish or a start changes them from its own day on, and a reporting cutoff date that moves, forward or back, those from the earlier of its
  days on. Rows of the scope that a correction removed are still in core, so they count too. The first of January, because the months of a year are suppressed
  together.
#}
{% macro fill_cell_scope(subjects, cells) -%}
insert into {{ source('ops', 'cell_scope') }} (subject, first_year)
select
    counted.subject,
    {% if state_of_cells().is_outdated %}0{% else %}case when counted.subject = 'stock' then coalesce(changes.first_year, 0) else 0 end{% endif %}
from (values {% for subject in subjects %}('{{ subject }}'){{ ', ' if not loop.last }}{% endfor %}) as counted (subject)
cross join (
    select extract(year from min(days.day))::integer as first_year
    from (
        select orders.posted_on as day
        from {{ source('core', 'job_orders') }} as orders
        where {{ in_build_scope('job_orders', 'orders') }}
        union all
        select persons.surveyed_on
        from {{ source('core', 'labour_survey') }} as persons
        where {{ in_build_scope('labour_survey', 'persons') }}
        {%- for feed in ['fair_attendance', 'placements'] %}
        union all
        select starts.start_date
        from {{ source('core', feed) }} as starts
        where {{ in_build_scope(feed, 'starts') }}
        {%- endfor %}
        union all
        select to_date(max(cells.period), 'YYYY-MM')
        from {{ cells }} as cells
        where cells.subject = 'stock' and cells.period_kind = 'month'
        union all
        select cutoff.day
        from {{ ref('int_reporting_cutoff_date') }} as cutoff
    ) as days
) as changes
{%- endmacro %}

{# The first year whose cells of a subject are counted: 0 unless a build counts later ones alone. #}
{% macro first_year_of(subject) -%}
coalesce((select scope.first_year from {{ source('ops', 'cell_scope') }} as scope where scope.subject = '{{ subject }}'), 0)
{%- endmacro %}

{#
  The incremental strategy of the cells: complementary suppression of the cells that were counted, then only the rows that differ are written. A cell of a counted
  subject and year that was not counted any more is deleted; all others are left as they are.
#}
{% macro get_incremental_changed_cells_sql(arg_dict) -%}
{%- set key = ['metric', 'period_kind', 'period', 'area_mode', 'area_code', 'breakdown'] -%}
{%- set columns = arg_dict['dest_columns'] | map(attribute='name') | list -%}
{%- set values = columns | reject('in', key) | list -%}
{{ apply_complementary_suppression(arg_dict['temp_relation']) }};

merge into {{ arg_dict['target_relation'] }} as cell
using {{ arg_dict['temp_relation'] }} as counted
    on {% for column in key %}cell.{{ column }} = counted.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
when matched and (cell.{{ values | join(', cell.') }}) is distinct from (counted.{{ values | join(', counted.') }}) then
    update set {% for column in values %}{{ column }} = counted.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
when not matched by target then
    insert ({{ columns | join(', ') }}) values (counted.{{ columns | join(', counted.') }})
when not matched by source and exists (
    select 1 from {{ source('ops', 'cell_scope') }} as scope
    where scope.subject = cell.subject and (scope.first_year = 0 or left(cell.period, 4) >= scope.first_year::text)
) then
    delete;
{%- endmacro %}

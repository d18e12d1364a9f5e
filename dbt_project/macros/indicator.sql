{#
  An indicator is declared once, by the macro <subject>_measures() in macros/measures/, and read twice: indicator_cells makes its figures, indicator_sources names
  the rows behind them. Both read the same rows models. A part of a figure is the sum over units of the greatest amount of a unit in that cell.

  A declaration is a dictionary:
    rows: {<rows model>: {...}}, the models that hold the counted things, one row each, with
      row_key            bigint, the row's own key
      fact, batch_id, row_no  the source row
      area_sk, district_code  where it is counted; or area_mode, area_code, area, area_weight, when areas is 'given'
      unit_key           bigint, what some counts count once, e.g. a person (with areas 'given' also is_repeated_unit, whether it has several rows)
      a column for each kind of period and each key of a breakdown that its measures name (null: the row is in no such cell)
      the boolean and numeric columns that its counts name
    and these settings:
      areas              'modes' (default): in each area mode and in the province; 'province': in the province alone; 'given': the rows are in their areas already
      outside_province   kinds of period that the province has no cell of
      only_province      breakdowns that only the province has cells of
      evidence           a model (row_key, kind, fact, batch_id, row_no): further source rows of a counted thing
      breakdown_evidence {<breakdown>: <kind of evidence>}: rows that give the value of a breakdown of a row; they add nothing
      counts: {<count>: {where: <boolean column>, amount: <numeric column>, once: true, unweighted: true, default: 0}}
        rows (or amounts) of which the column is true, weighted by the share of the row that is in the area; once: each unit once, with its greatest weight;
        unweighted: without the share; default: its value in a cell where its rows model has no row (null without one; a numerator is 0)
    measures: [{...}], one for each indicator, or several of one indicator for different cells:
      metric, numerator, denominator (without one the value is the numerator), digits of the value (4)
      cells              {<kind of period>: [<breakdown>, ...]}; a breakdown is 'all', 'priority_group', 'area_group', or keys joined by a semicolon
      smallest_of        the counts of persons, as SQL, of which the smallest decides whether the cell is hidden; none: the cell is not of persons
      only_where         a condition on the counts, as SQL, without which there is no cell
      denominator_unknown_where  a condition on the counts under which the denominator is null
      evidence           {numerator: <kind of evidence>, denominator: ...}
#}

{# The rows of a rows model that cells are made of. The only place where cells read a rows model: a filter on subject and period belongs here. #}
{% macro counted_rows(rows) -%}
{{ ref(rows) }}
{%- endmacro %}

{# The cells of a subject: metric, period_kind, period, area_mode, area_code, area, breakdown, numerator, denominator, value, persons. #}
{% macro indicator_cells(subject) -%}
with
{%- for name, rows in subject.rows.items() %}
{%- set areas = rows.areas | default('modes') %}
{%- set place = {'given': ['area_mode', 'area_code', 'area', 'area_weight'], 'modes': ['area_sk', 'district_code'], 'province': []}[areas] %}
{%- set keys = place + columns_of_cells(subject, name) %}
{%- set counts_units = rows.counts.values() | selectattr('once', 'defined') | list | length > 0 %}
{#- rows of different periods are in no cell together #}
{%- set period_kinds = cells_of_rows(subject, name) | map('first') | reject('equalto', 'all') | unique | list %}
{%- set unit_in_cell = ['unit_key'] + (period_kinds if period_kinds | length == 1 else []) %}
{{ name }}_grouped as (
    -- rows that are counted in the same cells, together
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        {%- if counts_units %}
        case when is_repeated_unit then unit_key end as repeated_unit,
        {%- endif %}
        {%- for count, settings in rows.counts.items() %}
        {% if settings.amount is defined %}sum({{ settings.amount }}){% else %}count(*){% endif %}
        {%- if settings.where is defined %} filter (where {{ settings.where }}){% endif %} as {{ count }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {% if counts_units and areas != 'given' -%}
        (select *, count(*) over (partition by {{ unit_in_cell | join(', ') }}) > 1 as is_repeated_unit from {{ counted_rows(name) }}) as counted
        {%- else -%}
        {{ counted_rows(name) }} as counted
        {%- endif %}
    group by {{ (keys + (['repeated_unit'] if counts_units else [])) | join(', ') or '()' }}
),

{{ name }}_counted as (
    select
        cell_kind,
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        breakdown,
        {%- for count, settings in rows.counts.items() %}
        {%- set weighted = count if settings.unweighted is defined else count ~ ' * area_weight' %}
        {%- if settings.once is defined %}
        coalesce(case
            when repeated_unit is null then sum({{ weighted }})
            else max({{ '1' if settings.unweighted is defined else 'area_weight' }}) filter (where {{ count }} > 0)
        end, 0) as {{ count }}{{ ',' if not loop.last }}
        {%- else %}
        coalesce(sum({{ weighted }}), 0) as {{ count }}{{ ',' if not loop.last }}
        {%- endif %}
        {%- endfor %}
    from {{ rows_in_cells(subject, name, name ~ '_grouped') }} as in_cells
    group by cell_kind, period_kind, period, area_mode, area_code, area, breakdown{{ ', repeated_unit' if counts_units }}
),
{% endfor %}
counted as (
    {%- for name in subject.rows %}
    select
        cell_kind,
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        breakdown
        {%- for other, rows in subject.rows.items() %}
        {%- for count in rows.counts %},
        {{ count if other == name else 'null::numeric as ' ~ count }}
        {%- endfor %}
        {%- endfor %}
    from {{ name }}_counted
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

counts as (
    select
        cell_kind,
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        breakdown
        {%- for rows in subject.rows.values() %}
        {%- for count, settings in rows.counts.items() %},
        trim_scale(round({{ 'coalesce(sum(' ~ count ~ '), ' ~ settings.default ~ ')' if settings.default is defined else 'sum(' ~ count ~ ')' }}, 6)) as {{ count }}
        {%- endfor %}
        {%- endfor %}
    from counted
    group by cell_kind, period_kind, period, area_mode, area_code, area, breakdown
)

{{ measured_cells(subject.measures, 'counts') }}
{%- endmacro %}

{# The cells of measures from a relation with a column for each count, one row a cell; cell_kind is its kind of period and its breakdown, e.g. year:sex. #}
{% macro measured_cells(measures, counts) -%}
{%- for measure in measures %}
select
    '{{ measure.metric }}' as metric,
    period_kind,
    period,
    area_mode,
    area_code,
    area,
    breakdown,
    coalesce({{ measure.numerator }}, 0)::numeric as numerator,
    {%- if measure.denominator is not defined %}
    null::numeric as denominator,
    coalesce({{ measure.numerator }}, 0)::numeric as value,
    {%- else %}
    {%- set denominator = measure.denominator %}
    {%- if measure.denominator_unknown_where is defined %}
    {%- set denominator = 'case when not (' ~ measure.denominator_unknown_where ~ ') then ' ~ denominator ~ ' end' %}
    {%- endif %}
    {{ '(' ~ denominator ~ ')' }}::numeric as denominator,
    {{ ratio('coalesce(' ~ measure.numerator ~ ', 0)', denominator, measure.digits | default(4)) }} as value,
    {%- endif %}
    {% if measure.smallest_of is defined %}{{ smallest_group(measure.smallest_of) }}::numeric{% else %}null::numeric{% endif %} as persons
from {{ counts }}
where {{ is_cell_of(measure) }}{% if measure.only_where is defined %} and {{ measure.only_where }}{% endif %}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endmacro %}

{# The subjects of indicators: each has cells_<subject> and sources_<subject>. #}
{% macro indicator_subjects() -%}
{{ return([
    'coding', 'counselling', 'deliveries', 'durations', 'fairs', 'fill', 'flow', 'households', 'money', 'occupation', 'placements', 'plans', 'poverty',
    'poverty_reduction', 'session_costs', 'stock',
]) }}
{%- endmacro %}

{# The rows behind the cells of a subject: metric, period_kind, period, area_mode, area_code, breakdown, part, fact, batch_id, row_no, unit, amount. #}
{% macro indicator_sources(subject) -%}
{%- set selects = [] -%}
with
{%- for name, rows in subject.rows.items() %}
{{ name }}_parts as not materialized (
    select
        parts.metric,
        counted.cell_kind,
        counted.period_kind,
        counted.period,
        counted.area_mode,
        counted.area_code,
        counted.breakdown,
        parts.part,
        counted.row_key,
        counted.fact,
        counted.batch_id,
        counted.row_no,
        parts.unit,
        parts.amount,
        parts.evidence
    from {{ rows_in_cells(subject, name, ref(name)) }} as counted
    cross join
        lateral (
            values
            {%- for measure, part, count in parts_of_measures(subject, name) %}
            {%- set settings = rows.counts[count] %}
            (
                '{{ measure.metric }}',
                '{{ part }}',
                counted.{{ 'unit_key' if settings.once is defined else 'row_key' }},
                {{ 'counted.' ~ settings.amount ~ ' * ' if settings.amount is defined }}counted.area_weight,
                {% if measure.evidence is defined and part in measure.evidence %}'{{ measure.evidence[part] }}'{% else %}null{% endif %},
                {{ is_cell_of(measure, 'counted') }}
                {%- if settings.where is defined %} and counted.{{ settings.where }}{% endif %}
                {%- if settings.amount is defined %} and counted.{{ settings.amount }} is not null{% endif %}
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ) as parts (metric, part, unit, amount, evidence, belongs)
    where parts.belongs
){{ ',' if not loop.last }}
{%- do selects.append(source_rows(name)) %}
{%- if rows.evidence is defined %}
{%- do selects.append(source_rows(name, ref(rows.evidence), 'counted.evidence = evidence.kind')) %}
{%- for breakdown, kind in (rows.breakdown_evidence | default({})).items() %}
{%- do selects.append(source_rows(name, ref(rows.evidence), "evidence.kind = '" ~ kind ~ "' and counted.cell_kind like '%:" ~ breakdown ~ "'", '0')) %}
{%- endfor %}
{%- endif %}
{%- endfor %}
{{ selects | join('\nunion all\n') }}
{%- endmacro %}

{# The source rows of a rows model's parts, or the evidence that meets the condition; a row that is its own evidence is there once. #}
{% macro source_rows(name, evidence=none, condition=none, amount='counted.amount') -%}
{%- set source = 'evidence' if evidence else 'counted' -%}
select
    counted.metric,
    counted.period_kind,
    counted.period,
    counted.area_mode,
    counted.area_code,
    counted.breakdown,
    counted.part,
    {{ source }}.fact,
    {{ source }}.batch_id,
    {{ source }}.row_no,
    counted.unit,
    {{ amount }}::numeric as amount
from {{ name }}_parts as counted
{%- if evidence %}
inner join {{ evidence }} as evidence
    on
        counted.row_key = evidence.row_key
        and {{ condition }}
        and (counted.fact, counted.batch_id, counted.row_no) is distinct from (evidence.fact, evidence.batch_id, evidence.row_no)
{%- endif %}
{%- endmacro %}

{#
  The rows of a rows model, or a relation grouped from it, once in each cell that its measures have: its columns, then area_mode, area_code, area, area_weight,
  cell_kind, period_kind, period and breakdown.
#}
{% macro rows_in_cells(subject, name, relation) -%}
{%- set rows = subject.rows[name] -%}
(
    select
        placed.*,
        cells.cell_kind,
        {# a constant lets the planner leave out the rows when a trace asks for another kind of period -#}
        {% set period_kinds = cells_of_rows(subject, name) | map('first') | unique | list -%}
        {{ "'" ~ period_kinds[0] ~ "'" if period_kinds | length == 1 else 'cells.period_kind' }} as period_kind,
        cells.period,
        cells.breakdown
    from {{ in_areas(relation, rows.areas | default('modes')) }} as placed
    cross join
        lateral (
            values
            {%- set values = [] %}
            {%- for period_kind, breakdown in cells_of_rows(subject, name) %}
            {%- set kind = "'" ~ period_kind ~ ':' ~ breakdown ~ "', '" ~ period_kind ~ "', " ~ ("'all'" if period_kind == 'all' else 'placed.' ~ period_kind) %}
            {%- set here = "placed.area_code <> 'all'" if period_kind in rows.outside_province | default([])
                else "placed.area_code = 'all'" if breakdown in rows.only_province | default([]) else 'true' %}
            {%- if breakdown == 'priority_group' %}
            {%- for group in priority_groups() %}
            {%- do values.append('(' ~ kind ~ ", 'priority_group=" ~ group ~ "', placed.is_" ~ group ~ ' and ' ~ here ~ ')') %}
            {%- endfor %}
            {%- elif breakdown == 'area_group' %}
            {%- do values.append('(' ~ kind ~ ", 'area_group=border', placed.is_border and placed.area_code = 'all')") %}
            {%- else %}
            {%- set texts = [] %}
            {%- for key in breakdown.split(';') if breakdown != 'all' %}{% do texts.append("'" ~ key ~ "=' || placed." ~ key) %}{% endfor %}
            {%- do values.append('(' ~ kind ~ ', ' ~ (texts | join(" || ';' || ") or "'all'") ~ ', ' ~ here ~ ')') %}
            {%- endif %}
            {%- endfor %}
            {{ values | join(',\n            ') }}
        ) as cells (cell_kind, period_kind, period, breakdown, belongs)
    where cells.belongs and cells.period is not null and cells.breakdown is not null
)
{%- endmacro %}

{# The kinds of period and the breakdowns in which some measure counts rows of a rows model, as pairs. #}
{% macro cells_of_rows(subject, name) -%}
{%- set pairs = [] -%}
{%- for measure in subject.measures if measure_counts(measure) | select('in', subject.rows[name].counts) | list -%}
    {%- for period_kind, breakdowns in measure.cells.items() -%}
        {%- for breakdown in breakdowns if (period_kind, breakdown) not in pairs -%}
            {%- do pairs.append((period_kind, breakdown)) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endfor -%}
{{ return(pairs) }}
{%- endmacro %}

{# The columns of a rows model that decide in which cells a row is. #}
{% macro columns_of_cells(subject, name) -%}
{%- set columns = [] -%}
{%- for period_kind, breakdown in cells_of_rows(subject, name) -%}
    {%- set keys = [] -%}
    {%- if breakdown == 'priority_group' -%}
        {%- for group in priority_groups() -%}{%- do keys.append('is_' ~ group) -%}{%- endfor -%}
    {%- elif breakdown == 'area_group' -%}{%- do keys.append('is_border') -%}
    {%- elif breakdown != 'all' -%}{%- do keys.extend(breakdown.split(';')) -%}
    {%- endif -%}
    {%- for column in ([] if period_kind == 'all' else [period_kind]) + keys if column not in columns -%}{%- do columns.append(column) -%}{%- endfor -%}
{%- endfor -%}
{{ return(columns) }}
{%- endmacro %}

{# The names of the counts that a measure is made of. #}
{% macro measure_counts(measure) -%}
{{ return((([measure.numerator, measure.denominator | default('')] + measure.smallest_of | default([])) | join(' ') | replace('-', ' ')).split()) }}
{%- endmacro %}

{# The parts of measures that a rows model is counted for, as (measure, part, count). #}
{% macro parts_of_measures(subject, name) -%}
{%- set parts = [] -%}
{%- for measure in subject.measures -%}
    {%- for part in ['numerator', 'denominator'] if measure[part] in subject.rows[name].counts -%}
        {%- do parts.append((measure, part, measure[part])) -%}
    {%- endfor -%}
{%- endfor -%}
{{ return(parts) }}
{%- endmacro %}

{# Whether a cell is of a kind that a measure has. #}
{% macro is_cell_of(measure, relation=none) -%}
{%- set kinds = [] -%}
{%- for period_kind, breakdowns in measure.cells.items() -%}
    {%- for breakdown in breakdowns -%}{%- do kinds.append("'" ~ period_kind ~ ':' ~ breakdown ~ "'") -%}{%- endfor -%}
{%- endfor -%}
{{ relation ~ '.' if relation }}cell_kind in ({{ kinds | join(', ') }})
{%- endmacro %}

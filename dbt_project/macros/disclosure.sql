{#
  Complementary suppression. Cells of few persons are hidden (is_suppressed); totals are shown, so the cells from which a hidden one could be computed are hidden too.
  It runs in the transaction that writes the cells (strategy changed_cells, or the hook of a new table), so that no reader sees them before.

  Which totals are protected, and in which order, is the list reference.protected_total, one row each:
    step    rows of one step are applied together, steps in their order; the rows of a step have the same parts, or parts of all cells
    rule    with_total: when the total is hidden, so are the parts (and cells that are a total and a part at once)
            complementary: when something among the parts and the total is hidden, the next smallest cells are hidden, until at least two are and together they
            are not small; the total comes last
    parts, total   conditions on the columns of protected_cell below; an empty total: it is not among the cells that are compared
    within  the columns of protected_cell that identify one total
  Hiding a cell can require another one in a different total, so the steps are repeated until nothing changes. Totals never reach beyond a metric: a round looks only
  at the metrics that the last one changed.
#}
{% macro apply_complementary_suppression(cells) -%}
{%- set protected_totals = ref('protected_total') -%}
{%- set steps = [] -%}
{%- if execute -%}
    {%- for row in run_query('select step, rule, parts, total, within from ' ~ protected_totals ~ ' order by step::int, name') -%}
        {%- if not steps or steps[-1].step != row['step'] -%}{%- do steps.append({'step': row['step'], 'rules': []}) -%}{%- endif -%}
        {%- do steps[-1].rules.append(row) -%}
    {%- endfor -%}
{%- endif -%}
do $$
declare
    open_metrics text[];
    changed_metrics text[];
begin
    create temp table protected_cell on commit drop as
    select
        cells.ctid as cell,
        cells.metric,
        cells.period_kind,
        cells.period,
        cells.breakdown,
        cells.persons,
        cells.is_suppressed as is_hidden,
        case cells.period_kind when 'session' then '' else cells.area_code end as same_in_every_mode,
        cells.area_mode as mode,
        cells.area_code = 'all' as is_province,
        communes.code is null and cells.area_code <> 'all' as is_district,
        cells.breakdown = 'area_group=border' as is_border, -- of the province alone
        cells.breakdown = 'all' and coalesce(communes.is_border, false) as is_border_part,
        -- keys as numbers: the windows below are sorted by them many times
        dense_rank() over (order by cells.metric, cells.period_kind, cells.period) as subject,
        dense_rank() over (order by cells.metric, cells.period_kind, cells.period, cells.breakdown) as figure,
        dense_rank() over (order by cells.metric, cells.breakdown) as series,
        dense_rank() over (order by cells.area_mode, cells.area_code) as place,
        dense_rank() over (order by coalesce(communes.district_code, cells.area_code)) as district,
        regexp_replace(cells.breakdown, '=[^;]*', '', 'g') as kind,
        split_part(cells.breakdown, ';', 1) as first_key,
        split_part(cells.breakdown, ';', -1) as last_key,
        bool_or(cells.breakdown like '%;%') over (partition by cells.metric) as is_crossed,
        breakdowns.divides,
        -- the only value of its breakdown: its persons are those of the area
        breakdowns.divides
        and cells.persons = max(cells.persons) filter (where cells.breakdown = 'all')
            over (partition by cells.metric, cells.period_kind, cells.period, cells.area_mode, cells.area_code) as is_only_value,
        months.month,
        case cells.period_kind
            when 'half' then cells.period else left(months.month, 4) || case when right(months.month, 2) <= '06' then '-H1' else '-H2' end
        end as half,
        left(case when cells.period_kind in ('half', 'year') then cells.period else months.month end, 4) as year
    from {{ cells }} as cells
    left join (
        select
            area.code,
            area.is_border,
            bridge.analysis_area_code as district_code
        from {{ ref('dim_area') }} as area
        inner join {{ ref('bridge_area_analysis') }} as bridge on area.area_sk = bridge.area_sk and bridge.is_default
        where area.level = 'commune' and area.valid_to = 'infinity'
    ) as communes on cells.area_code = communes.code
    left join (
        select
            session.sender_code || '/' || session.session_no as period,
            day.year_month as month
        from {{ ref('fct_fair_session') }} as session
        inner join {{ ref('dim_date') }} as day on session.held_date_sk = day.date_sk
    ) as sessions on cells.period_kind = 'session' and cells.period = sessions.period
    cross join lateral (values (case cells.period_kind when 'month' then cells.period else sessions.month end)) as months (month)
    cross join lateral (values (split_part(cells.breakdown, '=', 1) not in ('all', 'priority_group', 'area_group', 'trade'))) as breakdowns (divides)
    where cells.persons > 0;
    analyze protected_cell;

    select array_agg(distinct metric) into open_metrics from protected_cell where is_hidden;
    while open_metrics is not null loop
        changed_metrics := '{}';
        {%- for step in steps %}
        with compared_cells as (
            select
                cell,
                is_hidden,
                {% for rule in step.rules %}{{ needs_suppression(rule) }}{{ ' or ' if not loop.last }}{% endfor %} as must_hide
            from protected_cell
            where metric = any (open_metrics) and ({% for rule in step.rules %}{{ compared(rule) }}{{ ' or ' if not loop.last }}{% endfor %})
        ),

        hidden_cells as (
            update protected_cell set is_hidden = true
            from compared_cells
            where protected_cell.cell = compared_cells.cell and compared_cells.must_hide and not compared_cells.is_hidden
            returning protected_cell.metric
        )

        select changed_metrics || coalesce(array_agg(distinct metric), '{}') into changed_metrics from hidden_cells;
        {%- endfor %}
        open_metrics := nullif(changed_metrics, '{}');
    end loop;

    update {{ cells }} as cells set is_suppressed = true
    from protected_cell
    where cells.ctid = protected_cell.cell and protected_cell.is_hidden and not cells.is_suppressed;
end $$
{%- endmacro %}

{# The cells that a row of the list compares: the parts and the total. #}
{% macro compared(rule) -%}
({{ rule['parts'] }}){% if rule['total'] %} or ({{ rule['total'] }}){% endif %}
{%- endmacro %}

{# Whether a cell must be hidden by a row of the list. #}
{% macro needs_suppression(rule) -%}
{%- if rule['rule'] == 'with_total' -%}
(({{ compared(rule) }}) and bool_or(is_hidden) filter (where {{ rule['total'] }}) over (partition by {{ rule['within'] }}))
{%- else -%}
{{ needs_secondary_suppression(rule['within'], rule['total'] or 'false') }}
{%- endif -%}
{%- endmacro %}

{# Whether a cell must be hidden because another one of its total is: the smallest go first and the total last, until two are hidden and together they are not small. #}
{% macro needs_secondary_suppression(within, is_total) -%}
{%- set smallest_first = within ~ ' order by is_hidden desc, (' ~ is_total ~ '), persons, place, figure' -%}
(bool_or(is_hidden) over (partition by {{ within }}) and (
    row_number() over (partition by {{ smallest_first }}) <= 2
    or coalesce(sum(persons) over (partition by {{ smallest_first }} rows between unbounded preceding and 1 preceding), 0) < {{ var('smallest_cell') }}
))
{%- endmacro %}

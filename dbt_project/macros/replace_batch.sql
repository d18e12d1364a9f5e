{#
  The incremental strategy of the facts: partitions (sender, period) that changed are deleted and written again in one transaction, also when a partition has no
  rows any more. Other rows are not touched, and the table is never dropped, so views, foreign keys and readers stay. The model names its feeds in meta.feed.
#}
{% macro get_incremental_replace_batch_sql(arg_dict) -%}
{%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
delete from {{ arg_dict['target_relation'] }} as target
using {{ source('ops', 'build_scope') }} as scope
where scope.feed in ({{ feed_list(config.get('meta')['feed']) }}) and target.sender_code = scope.sender_code and target.period = scope.period;

insert into {{ arg_dict['target_relation'] }} ({{ columns }})
select {{ columns }} from {{ arg_dict['temp_relation'] }};
{%- endmacro %}

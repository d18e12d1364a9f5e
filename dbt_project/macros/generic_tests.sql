{# Rows of the same key. #}
{% test unique_combination(model, columns) %}
select {{ columns | join(', ') }}, count(*) as rows
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{# Keys of a fact that its dimension does not have. Unlike dbt's own `relationships`, an empty key fails too: -1 is a row of the dimension. #}
{% test relationships_to(model, column_name, to, field) %}
select fact.{{ column_name }}
from (select {{ column_name }} from {{ model }}) as fact
left join {{ to }} as dimension on dimension.{{ field }} = fact.{{ column_name }}
where dimension.{{ field }} is null
{% endtest %}

{# Senders whose share of the key -1 (unknown) is more than max_share: a join that never matches would give -1 everywhere. Senders of few rows are left out.
A warning: what one sender writes must not undo the build of all. #}
{% test max_share_unknown(model, column_name, max_share, min_rows=50) %}
{{ config(severity='warn') }}
select sender_code, count(*) as rows, count(*) filter (where {{ column_name }} = -1) as unknown
from {{ model }}
group by sender_code
having count(*) >= {{ min_rows }} and count(*) filter (where {{ column_name }} = -1) > {{ max_share }} * count(*)
{% endtest %}

{# Codes of another length, such as one that lost a leading zero. #}
{% test code_length(model, column_name, lengths) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} is not null and length({{ column_name }}) not in ({{ lengths | join(', ') }})
{% endtest %}

{# Rows for which a condition holds that must hold for none. #}
{% test never_true(model, condition) %}
select *
from {{ model }}
where {{ condition }}
{% endtest %}

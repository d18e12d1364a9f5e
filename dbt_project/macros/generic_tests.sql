{% test unique_combination(model, columns) %}
select {{ columns | join(', ') }}, count(*) as rows
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{# Keys of a fact that point nowhere, -1 included in the dimension itself. #}
{% test points_into(model, column_name, to, field) %}
select fact.{{ column_name }}
from (select {{ column_name }} from {{ model }}) as fact
left join {{ to }} as dimension on dimension.{{ field }} = fact.{{ column_name }}
where dimension.{{ field }} is null
{% endtest %}

{# A -1 can hide a join that never matches, so its share is held below a limit, for each sender. #}
{% test share_of_unknown(model, column_name, at_most, of_at_least=50) %}
select sender_code, count(*) as rows, count(*) filter (where {{ column_name }} = -1) as unknown
from {{ model }}
group by sender_code
having count(*) >= {{ of_at_least }} and count(*) filter (where {{ column_name }} = -1) > {{ at_most }} * count(*)
{% endtest %}

{% test code_length(model, column_name, lengths) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} is not null and length({{ column_name }}) not in ({{ lengths | join(', ') }})
{% endtest %}

{% test never(model, condition) %}
select *
from {{ model }}
where {{ condition }}
{% endtest %}

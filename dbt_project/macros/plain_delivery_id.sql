{# The id of a delivery, where it is made of its feed, its sender and short numbers; else the number of its batch. A sender may write anything into an id. #}
{% macro plain_delivery_id() -%}
case
    when
        replace(replace(delivery_id, feed, ''), sender_code, '') ~ '^([-_./:#]|(?<![0-9])[0-9]{1,8}(?![0-9]))*$'
        then delivery_id
    else '#' || batch_id
end
{%- endmacro %}

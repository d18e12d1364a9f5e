{#
  A positive 60-bit key of a natural key, the sender first. Each part carries its length and NULL has a mark of its own, so that ('a', NULL, 'b'), ('a', 'b')
  and ('ab') are three keys. -1 (unknown) and -2 (not applicable) can never come out.
#}
{% macro surrogate_key(parts) -%}
(('x' || substr(encode(sha256(convert_to(
    {%- for part in parts %}
    coalesce(length(({{ part }})::text)::text || ':' || ({{ part }})::text, 'null')
    {%- if not loop.last %} || '|' ||{% endif %}
    {%- endfor %}, 'UTF8')), 'hex'), 1, 15))::bit(60)::bigint)
{%- endmacro %}

{#
  A positive 60-bit key of a natural key, the sender first. Each part has its length before it and null has a mark of its own, so that ('a', NULL, 'b'), ('a', 'b')
  and ('ab') are three keys. -1 (unknown) and -2 (not applicable) are never a result.
#}
{% macro surrogate_key(parts) -%}
(('x' || substr(encode(sha256(convert_to(
    {%- for part in parts %}
    coalesce(length(({{ part }})::text)::text || ':' || ({{ part }})::text, 'null')
    {%- if not loop.last %} || '|' ||{% endif %}
    {%- endfor %}, 'UTF8')), 'hex'), 1, 15))::bit(60)::bigint)
{%- endmacro %}

{# The key of an official or provisional code of any level, as dim_occupation has it; -1 where there is no code. Only a provisional code has a hyphen. #}
{% macro occupation_key(code) -%}
case
    when {{ code }} is null then -1
    else {{ surrogate_key(["case when " ~ code ~ " like '%-L%' then 'LONGAN' else 'VSCO2020' end", code]) }}
end
{%- endmacro %}

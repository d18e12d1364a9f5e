{#
  Text of a sender as bi may show it. A sender may write the name or the number of a person into any field, so bi shows a code that looks like one, and text whose
  words are all words of the reference lists. Rows and keys stay as they are: what is not shown becomes null, or "#" and a digest where it identifies a row.
#}
{% macro plain_code(column) -%}
case
    when {{ column }} ~ '^((?<![[:alpha:]])[[:alpha:]]{1,4}(?![[:alpha:]])|[-_./ ]|(?<![0-9])[0-9]{1,8}(?![0-9]))*$' and {{ column }} !~ '[[:alpha:]]{2} +[[:alpha:]]{2}' then {{ column }}
    else '#' || left(md5({{ column }}), 8)
end
{%- endmacro %}

{% macro plain_text(column) -%}
case
    when not exists (
        select 1 from regexp_split_to_table(lower({{ column }}), '[^[:alpha:]]+') as word
        where word <> '' and word not in (select known_words.word from {{ ref('int_known_words') }} as known_words)
    ) then {{ column }}
end
{%- endmacro %}

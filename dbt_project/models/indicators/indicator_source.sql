-- The rows behind every figure of indicator_cell, one row a cell, part (numerator or denominator) and source row. A part of a figure is the sum over its
-- units of the greatest amount of a unit: a person with two rows counts once. Read by cell, it shows the rows that a figure was counted from; read by
-- batch, the figures that a delivery is part of.
{% for subject in indicator_subjects() %}
    select
        metric,
        period_kind,
        period,
        area_mode,
        area_code,
        breakdown,
        part,
        fact,
        batch_id,
        row_no,
        unit,
        amount
    from {{ ref('sources_' ~ subject) }}
    {% if not loop.last %}
        union all
    {% endif %}
{% endfor %}

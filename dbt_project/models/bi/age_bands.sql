-- The bands of age of the figures, from the youngest to the oldest; the last row is of persons without a birth date.
with five_years as (
    select
        first_age || '-' || first_age + 4 as age_band,
        first_age,
        'Từ ' || first_age || ' đến ' || first_age + 4 || ' tuổi' as label_vi,
        'Aged ' || first_age || ' to ' || first_age + 4 as label_en
    from generate_series(15, 60, 5) as first_age
)

select
    bands.age_band,
    bands.label_vi,
    bands.label_en,
    row_number() over (order by bands.first_age)::int as sort_order,
    coalesce(bands.first_age between 15 and 60, false) as is_working_age
from (
    select
        age_band,
        label_vi,
        label_en,
        first_age
    from five_years
    union all
    values
    ('0-14', 'Dưới 15 tuổi', 'Under 15', 0),
    ('65+', 'Từ 65 tuổi', 'Aged 65 and more', 65),
    ('unknown', 'Không rõ', 'Unknown', null)
) as bands

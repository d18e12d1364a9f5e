-- What each indicator means, defined once.
select
    metric,
    label_vi,
    label_en,
    numerator,
    denominator,
    definition_vi,
    definition_en,
    grain,
    source_facts,
    known_traps
from {{ ref('metric') }}

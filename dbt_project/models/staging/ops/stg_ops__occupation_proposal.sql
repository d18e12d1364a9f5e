select
    code,
    parent_code,
    label_vi,
    label_en,
    state,
    steward,
    evidence,
    valid_from,
    coalesce(valid_to, 'infinity'::date) as valid_to,
    replaced_by
from {{ source('ops', 'occupation_proposal') }}

select
    batch_id,
    row_no,
    sender_code,
    period,
    valid_from,
    valid_to,
    employer_no,
    tax_code,
    tax_code_kind,
    name,
    employer_type,
    vsic_code,
    size_band,
    headcount,
    headcount_female,
    commune_code,
    industrial_zone,
    planned_hires_6m,
    demand_grid,
    surveyed_on
from {{ source('core', 'employers') }}
where {{ is_current_version() }}

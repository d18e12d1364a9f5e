{{ config(incremental_strategy='merge', unique_key=['from_area_sk', 'to_area_sk']) }}
-- depends_on: {{ ref('dim_area') }}
select
    from_area_sk,
    to_area_sk,
    level,
    from_code,
    to_code,
    effective_date,
    share_kind,
    weight_published,
    weight,
    weight_kind,
    weight_basis,
    is_default,
    legal_basis
from {{ ref('int_area_successions__weighted') }}

-- The households of a vintage and of an earlier one, the baseline, of the same standard. A poor household of the later one reduces the fall by one.
with households as (
    select * from {{ ref('fct_poverty_household') }}
),

vintages as (
    select
        vintage,
        standard_version,
        min(as_of_date_sk) as as_of_date_sk
    from households
    group by vintage, standard_version
),

vintage_pairs as (
    select
        later.standard_version,
        later.vintage,
        baselines.vintage as baseline
    from vintages as later
    inner join vintages as baselines on later.standard_version = baselines.standard_version and later.as_of_date_sk > baselines.as_of_date_sk
)

select
    households.household_sk as row_key,
    'fct_poverty_household' as fact,
    households.batch_id,
    households.row_no,
    vintage_pairs.vintage,
    vintage_pairs.standard_version as standard,
    vintage_pairs.baseline,
    case when households.is_poor then case when households.vintage = vintage_pairs.baseline then 1 else -1 end end as fall,
    households.is_poor and households.vintage = vintage_pairs.baseline as is_poor_in_baseline,
    households.is_poor and households.vintage = vintage_pairs.vintage as is_poor_later
from vintage_pairs
inner join households
    on vintage_pairs.standard_version = households.standard_version and households.vintage in (vintage_pairs.vintage, vintage_pairs.baseline)

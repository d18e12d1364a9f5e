-- The rows behind every figure of indicator_cell, one row a cell, part (numerator or denominator) and source row. A part of a figure is the sum over its
-- units of the greatest amount of a unit: a person with two rows counts once. Read by cell, it shows the rows that a figure was counted from; read by batch, the figures
-- that a delivery is part of.
select * from {{ ref('sources_counselling') }}
union all
select * from {{ ref('sources_coding') }}
union all
select * from {{ ref('sources_deliveries') }}
union all
select * from {{ ref('sources_durations') }}
union all
select * from {{ ref('sources_fairs') }}
union all
select * from {{ ref('sources_fill') }}
union all
select * from {{ ref('sources_flow') }}
union all
select * from {{ ref('sources_households') }}
union all
select * from {{ ref('sources_money') }}
union all
select * from {{ ref('sources_occupation') }}
union all
select * from {{ ref('sources_placements') }}
union all
select * from {{ ref('sources_plans') }}
union all
select * from {{ ref('sources_poverty') }}
union all
select * from {{ ref('sources_poverty_reduction') }}
union all
select * from {{ ref('sources_session_costs') }}
union all
select * from {{ ref('sources_stock') }}

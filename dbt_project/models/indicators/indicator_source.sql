-- The rows behind every figure of indicator_cell, one row a cell, part (numerator or denominator) and source row. A part of a figure is the sum over its
-- units of the greatest amount of a unit: a person whom two rows speak of counts once. Read by cell it says where a figure came from; read by batch, what a
-- delivery touched.
select * from {{ ref('int_indicator_source__counselling') }}
union all
select * from {{ ref('int_indicator_source__durations') }}
union all
select * from {{ ref('int_indicator_source__fairs') }}
union all
select * from {{ ref('int_indicator_source__households') }}
union all
select * from {{ ref('int_indicator_source__job_market') }}
union all
select * from {{ ref('int_indicator_source__occupation') }}
union all
select * from {{ ref('sources_placements') }}
union all
select * from {{ ref('int_indicator_source__poverty') }}
union all
select * from {{ ref('int_indicator_source__programme') }}
union all
select * from {{ ref('int_indicator_source__quality') }}

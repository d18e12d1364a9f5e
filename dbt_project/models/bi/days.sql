-- The calendar, without the special members.
with dates as (select * from {{ ref('dim_date') }})

select *
from dates
where date_sk > 0

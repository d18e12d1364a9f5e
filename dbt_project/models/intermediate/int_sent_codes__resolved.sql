-- A code of one digit is left out: it is less exact than the code of the title.
-- No CTE here: PostgreSQL plans a view with one apart from the query that joins it.
select
    sent_codes.sent_code,
    sent_codes.occupation_code,
    occupations.occupation_sk,
    occupations.occupation_l2_sk
from {{ ref('stg_ops__sent_code') }} as sent_codes
inner join {{ ref('int_occupations__keyed') }} as occupations on sent_codes.occupation_code = occupations.code
where sent_codes.level >= 2

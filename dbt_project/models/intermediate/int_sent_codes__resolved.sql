-- A code of one digit is left out: it is less exact than the code of the title.
with sent_codes as (select * from {{ ref('stg_ops__sent_code') }}),

occupations as (select * from {{ ref('int_occupations__keyed') }})

select
    sent_codes.sent_code,
    sent_codes.occupation_code,
    occupations.occupation_sk,
    occupations.occupation_l2_sk
from sent_codes
inner join occupations on sent_codes.occupation_code = occupations.code
where sent_codes.level >= 2

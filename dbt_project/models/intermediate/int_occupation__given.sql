-- A sender's code with the keys of the members that it stands for. One digit is too coarse to stand above what the title says.
select
    sent.sent_code,
    sent.occupation_code,
    resolved.occupation_sk,
    resolved.occupation_l2_sk
from {{ ref('stg_ops__sent_code') }} as sent
inner join {{ ref('int_occupation__resolved') }} as resolved on sent.occupation_code = resolved.code
where sent.level >= 2

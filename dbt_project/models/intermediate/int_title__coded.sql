-- A title's code with the keys of the members that it stands for.
select
    coding.title_key,
    coding.context,
    coding.occupation_code,
    coding.detail_code,
    coding.method,
    coding.score,
    resolved.occupation_sk,
    resolved.occupation_l2_sk
from {{ ref('stg_ops__title_coding') }} as coding
inner join {{ ref('int_occupation__resolved') }} as resolved on coding.occupation_code = resolved.code

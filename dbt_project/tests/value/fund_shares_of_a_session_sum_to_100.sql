-- What: the shares of the funds that pay a session sum to 100 per cent.
-- When it fails: a district sent one of two funds only, or typed a wrong share; the costs by fund do not sum to the cost of the session.
-- How to fix: ask the district for the missing row (the batch is named); a corrected delivery replaces it.
{{ config(severity='error') }}
select
    sender_code,
    session_sk,
    max(batch_id) as batch_id,
    sum(fund_share_pct) as fund_share_pct
from {{ ref('bridge_session_fund') }}
group by sender_code, session_sk
having sum(fund_share_pct) <> 100

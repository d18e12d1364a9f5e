-- Sessions whose cost is settled, a row a fund that bears a share and each way in which it is told. One that is not settled yet is left out with its starts.
select
    share.session_sk,
    share.fund,
    share.fund_share_pct,
    share.cost_settled_vnd,
    session.area_sk,
    session.district_code,
    share.batch_id,
    share.row_no,
    held.year::text as year,
    told.breakdown
from {{ ref('bridge_session_fund') }} as share
inner join {{ ref('fct_fair_session') }} as session on share.session_sk = session.session_sk
inner join {{ ref('dim_date') }} as held on session.held_date_sk = held.date_sk
cross join
    lateral (
        values ('all'), ('fund=' || share.fund), ('kind=' || session.kind), ('fund=' || share.fund || ';kind=' || session.kind)
    ) as told (breakdown)
where share.cost_settled_vnd is not null

left join (
    select distinct on ({keys}) {keys}, {industry} as industry
    from core.{industry_feed}
    where recorded_to = 'infinity'
    order by {keys}, valid_from desc, valid_to desc
) as employer on {key_matches}

-- Cells whose figures differ between two moments, with the deliveries that may have changed them.
with changed as (
    select {cell_key}, earlier.value as value_then, later.value as value_later
    from bi.indicator_as_of(%(first)s) as earlier
    full join bi.indicator_as_of(%(second)s) as later using ({cell_key})
    where (earlier.numerator, earlier.denominator, earlier.value, earlier.is_suppressed)
        is distinct from (later.numerator, later.denominator, later.value, later.is_suppressed)
),

-- builds that wrote a vintage of a cell between the two moments, or ended one without a successor
builds as (
    select {cell_key}, build_id
    from bi.indicator_vintage
    where known_from > least(%(first)s, %(second)s) and known_from <= greatest(%(first)s, %(second)s)
    union
    select {cell_key}, successor.build_id
    from bi.indicator_vintage as ended
    inner join (select distinct known_from, build_id from bi.indicator_vintage) as successor on ended.known_to = successor.known_from
    where ended.known_to > least(%(first)s, %(second)s) and ended.known_to <= greatest(%(first)s, %(second)s)
)

select
    {changed_cell_key},
    changed.value_then,
    changed.value_later,
    coalesce(
        array_agg(distinct batch.feed || ' ' || batch.sender_code || '/' || batch.delivery_id) filter (where batch.build_id is not null),
        array[]::text[]
    ) as batches
from changed
left join builds using ({cell_key})
left join bi.metric_definition as definition using (metric)
left join bi.vintage_batch as batch
    on builds.build_id = batch.build_id
    and (definition.feeds is null or batch.feed = any(definition.feeds))
    -- a district's own figure is changed by its own deliveries where the rows of the feed stay in the sender's district
    and (
        changed.area_mode <> 'as_reported' or changed.area_code !~ '^[0-9][0-9][0-9]$'
        or not batch.stays_in_district or batch.sender_code = changed.area_code
    )
where %(metric)s::text is null or changed.metric = %(metric)s
group by {changed_cell_key}, changed.value_then, changed.value_later
order by {changed_cell_key}

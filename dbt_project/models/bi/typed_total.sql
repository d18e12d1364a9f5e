-- A batch that could not be read has nothing counted. Of a total that a sender typed, only the figure with its bound is shown, and only under a name of
-- the forms: the rest is free text.
with batches as (select * from {{ ref('stg_ops__batch') }})

select
    batches.batch_id,
    batches.feed,
    batches.sender_code,
    batches.period,
    batches.delivery_id,
    batches.state,
    typed.total,
    substring(
        typed.as_typed
        from '(?i)^(?:(?:hơn|trên|từ|ít nhất|gần|dưới|tối đa|không quá|khoảng|ước|chừng|[<>]=?|~) ?)?[0-9][0-9.,]*'
        || '(?: ?(?:%|(?:(?:nghìn|ngàn|triệu|tỷ|tỉ|người|lượt|hộ|phiên|phiếu|đơn vị|doanh nghiệp|đồng)(?: |$))+))?'
    ) as as_typed,
    (batches.stated_totals -> typed.total ->> 'value')::numeric as stated,
    batches.stated_totals -> typed.total ->> 'bound' as bound,
    (batches.counted_totals ->> typed.total)::numeric as counted,
    ops.agrees(
        (batches.counted_totals ->> typed.total)::numeric,
        (batches.stated_totals -> typed.total ->> 'value')::numeric,
        batches.stated_totals -> typed.total ->> 'bound',
        (batches.stated_totals -> typed.total ->> 'step')::numeric
    ) as agrees
from batches
cross join lateral jsonb_each_text(batches.declared_totals) as typed (total, as_typed)
where typed.total ~ '^[a-z][a-z0-9_]*$'

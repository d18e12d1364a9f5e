-- The published batch of the same partition that a batch only repeats: the same bytes under the same announcement. A batch that had no
-- effect is not repeated, and neither is one when a batch with other content came between the two or, by its sequence, still can.
-- A batch that is replayed is no repetition.
with repetition as (
    select * from ops.batch
    where batch_id = %(batch_id)s and published_at is null
),

others as (
    select other.*
    from repetition
    inner join ops.batch as other
        on repetition.feed = other.feed and repetition.sender_code = other.sender_code and repetition.period = other.period
    where other.batch_id < repetition.batch_id
),

compared as (
    select
        others.*,
        repetition.sequence as repetition_sequence,
        (others.sha256, others.media_type, others.declared_totals)
        is not distinct from (repetition.sha256, repetition.media_type, repetition.declared_totals)
        and (others.form_version, others.encoding) is not distinct from (repetition.form_version, repetition.encoding)
            as is_same
    from others
    cross join repetition
)

select earlier.batch_id
from compared as earlier
where earlier.is_same
    and earlier.published_at is not null
    and earlier.state <> 'superseded'
    and not exists (
        select from compared as between_them
        where not between_them.is_same
            and (between_them.sequence, between_them.batch_id) > (earlier.sequence, earlier.batch_id)
            and between_them.sequence <= earlier.repetition_sequence
    )
    and earlier.repetition_sequence - earlier.sequence <= 1 + (
        select count(distinct between_them.sequence)
        from compared as between_them
        where between_them.is_same
            and between_them.sequence > earlier.sequence
            and between_them.sequence < earlier.repetition_sequence
    )
order by earlier.batch_id
limit 1

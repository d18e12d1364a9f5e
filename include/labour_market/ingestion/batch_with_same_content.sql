-- The first earlier batch of the same partition with the same content, unless a batch with other content came between the two.
select earlier.batch_id
from ops.batch as earlier
where earlier.feed = %(feed)s
    and earlier.sender_code = %(sender_code)s
    and earlier.period = %(period)s
    and earlier.sha256 = %(sha256)s
    and earlier.batch_id < %(batch_id)s
    and earlier.state <> 'superseded'
    and not exists (
        select from ops.batch as between_them
        where between_them.feed = earlier.feed
            and between_them.sender_code = earlier.sender_code
            and between_them.period = earlier.period
            and between_them.sequence > earlier.sequence
            and between_them.sequence < %(sequence)s
            and between_them.sha256 <> %(sha256)s
    )
order by earlier.batch_id
limit 1

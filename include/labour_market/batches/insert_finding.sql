-- Note a finding, unless the same one of the sender is noted already.
insert into ops.reconcile_finding (kind, feed, sender_code, period, batch_id, detail)
select %(kind)s, %(feed)s, %(sender_code)s, %(period)s, %(batch_id)s, %(detail)s
where not exists (
    select from ops.reconcile_finding
    where kind = %(kind)s and detail = %(detail)s and sender_code is not distinct from %(sender_code)s
)

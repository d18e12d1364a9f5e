-- Note a finding, unless the same one of the sender is open or was closed by a person; gives the number of the new or the open one.
with noted as (
    select finding_id, closed_at
    from ops.reconcile_finding
    where kind = %(kind)s
        and detail = %(detail)s
        and sender_code is not distinct from %(sender_code)s
        and (closed_at is null or closed_by is not null)
),

inserted as (
    insert into ops.reconcile_finding (kind, feed, sender_code, period, batch_id, detail)
    select %(kind)s, %(feed)s, %(sender_code)s, %(period)s, %(batch_id)s, %(detail)s
    where not exists (select from noted)
    returning finding_id
)

select finding_id from inserted
union all
select finding_id from noted
where closed_at is null

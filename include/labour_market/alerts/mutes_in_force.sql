-- The last mute of each cause, if its last day is not over.
select
    cause,
    until,
    because,
    muted_by
from (
    select distinct on (cause) *
    from ops.alert_mute
    order by cause, mute_id desc
) as last_mute
where until >= (now() at time zone %(zone)s)::date
order by cause

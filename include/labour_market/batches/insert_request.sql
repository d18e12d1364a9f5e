-- A request to the gateway of a sender begins now.
insert into ops.gateway_request (feed, sender_code, last_requested_at)
values (%(feed)s, %(sender_code)s, clock_timestamp())
on conflict (feed, sender_code) do update set last_requested_at = excluded.last_requested_at

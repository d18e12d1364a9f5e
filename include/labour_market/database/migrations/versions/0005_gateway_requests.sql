set role loader;

-- the last request to each sender's gateway for a feed: when it was made, when one was answered, and why not
create table ops.gateway_request (
    feed text not null,
    sender_code text not null,
    listed_at timestamptz not null default clock_timestamp(),
    last_requested_at timestamptz,
    last_answered_at timestamptz,
    failing_since timestamptz,
    failure text,
    primary key (feed, sender_code)
);

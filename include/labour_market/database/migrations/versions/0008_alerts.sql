set role loader;

-- each cause of an alert: when it began, was escalated, and was over; a cause that comes back begins again
create table ops.alert (
    cause text primary key,
    kind text not null,
    sentence text not null,
    opened_at timestamptz not null default clock_timestamp(),
    escalated_at timestamptz,
    closed_at timestamptz
);
grant select, insert, update on ops.alert to transformer;

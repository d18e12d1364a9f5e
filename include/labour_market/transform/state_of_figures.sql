-- What changes figures without an event of the outbox.
select
    (select count(*) from ops.occupation_decision where to_state <> 'proposed') as decisions,
    (select cutoff.day::text from intermediate.int_reporting_cutoff_date as cutoff) as cutoff,
    (select count(*) from ops.batch_event where to_state <> all(%(open)s)) as ended_batches

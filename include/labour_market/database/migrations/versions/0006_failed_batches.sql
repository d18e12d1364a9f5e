set role loader;

alter table ops.batch drop constraint batch_state_check;
alter table ops.batch add constraint batch_state_check check (
    state in ('discovered', 'landed', 'staged', 'audited', 'published', 'quarantined', 'rejected', 'superseded', 'failed')
);

set role loader;

-- The keys of the schema analysis are hashed with it. A role that reads marts and has it could find whose rows an analyst has: only the transformer,
-- which owns the views, reads it.
create table ops.analysis_secret (
    only_row boolean primary key default true check (only_row),
    secret text not null
);

revoke all on ops.analysis_secret from auditor, steward, dpo;

insert into ops.analysis_secret (secret) values (gen_random_uuid()::text || gen_random_uuid()::text);

set role loader;

-- changes of core by contracts; rows are only added
create table ops.core_change (
    change_id bigint generated always as identity primary key,
    feed text not null,
    contract_version text not null,
    statement text not null,
    changed_at timestamptz not null default clock_timestamp()
);

reset role;

-- nothing was ever built in it; one that holds something is kept
do $$
begin
    drop schema if exists marts_build;
exception
    when dependent_objects_still_exist then raise notice 'the schema marts_build is not empty and is kept';
end $$;

-- The number of the revision that was applied last. Alembic reads and writes it.
set role loader;
create table if not exists ops.alembic_version (version_num varchar(32) primary key);
reset role;

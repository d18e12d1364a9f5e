set role loader;

-- the subjects of indicators that a build is counting, and the first year of each; a build fills and empties it in one transaction
create table ops.cell_scope (
    subject text primary key,
    first_year integer not null
);
grant select, insert, delete on ops.cell_scope to transformer;

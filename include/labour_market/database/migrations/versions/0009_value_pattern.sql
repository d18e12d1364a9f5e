set role auditor;

alter table quarantine.rejected_row rename column value_class to value_pattern;

reset role;

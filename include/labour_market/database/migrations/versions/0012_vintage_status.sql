set role transformer;

-- null in the vintages of before: it was not kept
alter table if exists vintages.fct_report_indicator add column if not exists status text;

reset role;

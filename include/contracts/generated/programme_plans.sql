-- Rendered from include/contracts by `lmw contracts render`; edit the contract, not this file.

create table "core"."programme_plans" (batch_id bigint not null, row_no integer not null, sender_code text not null, period text not null, sequence integer not null, valid_from date not null, valid_to date not null, recorded_from timestamptz not null, recorded_to timestamptz not null default 'infinity', "unit_code" text, "plan_year" bigint, "activity" text, "fund_type" text, "plan_status" text, "status_on" date, "decision_no" text, "target_quantity" bigint, "target_unit" text, "planned_vnd" bigint);
create unique index "programme_plans_current" on "core"."programme_plans" ("sender_code", "unit_code", "plan_year", "activity", "fund_type", "status_on", "plan_status") nulls not distinct where recorded_to = 'infinity';
create index "programme_plans_partition" on "core"."programme_plans" ("sender_code", "period", "recorded_to");
create index "programme_plans_batch" on "core"."programme_plans" ("batch_id");
comment on table "core"."programme_plans" is 'Kế hoạch thực hiện chương trình | one unit''s plan for one activity and fund type in one year, one row per status change';
comment on column "core"."programme_plans"."unit_code" is 'Mã đơn vị | unit whose plan it is: a district''s three digits, or the code of the department or the service centre';
comment on column "core"."programme_plans"."plan_year" is 'Năm kế hoạch | year of the plan';
comment on column "core"."programme_plans"."activity" is 'Hoạt động | activity of the sub-project';
comment on column "core"."programme_plans"."fund_type" is 'Loại vốn | kind of money';
comment on column "core"."programme_plans"."plan_status" is 'Trạng thái kế hoạch | status that the plan took';
comment on column "core"."programme_plans"."status_on" is 'Ngày đổi trạng thái | day on which it took this status';
comment on column "core"."programme_plans"."decision_no" is 'Số quyết định | number of the decision that approved it';
comment on column "core"."programme_plans"."target_quantity" is 'Chỉ tiêu | target, in its own unit';
comment on column "core"."programme_plans"."target_unit" is 'Đơn vị tính chỉ tiêu | unit of the target';
comment on column "core"."programme_plans"."planned_vnd" is 'Kinh phí kế hoạch (đồng) | planned money, VND';

create unlogged table stage."programme_plans__load" (batch_id bigint, row_no integer, sender_code text, period text, sequence integer, issues text[], notes text[], "unit_code" text, "plan_year" bigint, "activity" text, "fund_type" text, "plan_status" text, "status_on" date, "decision_no" text, "target_quantity" bigint, "target_unit" text, "planned_vnd" bigint);

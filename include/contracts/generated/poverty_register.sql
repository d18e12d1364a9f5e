-- Rendered from include/contracts by `lmw contracts render`; edit the contract, not this file.

create table "core"."poverty_register" (batch_id bigint not null, row_no integer not null, sender_code text not null, period text not null, sequence integer not null, valid_from date not null, valid_to date not null, recorded_from timestamptz not null, recorded_to timestamptz not null default 'infinity', "household_no" text, "district_code" text, "commune_code" text, "status" text, "members" bigint, "working_age_members" bigint, "standard_version" text, "as_of_date" date);
create unique index "poverty_register_current" on "core"."poverty_register" ("sender_code", "period", "household_no") nulls not distinct where recorded_to = 'infinity';
create index "poverty_register_partition" on "core"."poverty_register" ("sender_code", "period", "recorded_to");
create index "poverty_register_batch" on "core"."poverty_register" ("batch_id");
comment on table "core"."poverty_register" is 'Danh sách hộ theo chuẩn nghèo | one household in one yearly register vintage';
comment on column "core"."poverty_register"."household_no" is 'Mã hộ | number of the household in its vintage';
comment on column "core"."poverty_register"."district_code" is 'Mã huyện | district, three digits';
comment on column "core"."poverty_register"."commune_code" is 'Mã xã | commune, five digits';
comment on column "core"."poverty_register"."status" is 'Tình trạng | status of the household by the review';
comment on column "core"."poverty_register"."members" is 'Số nhân khẩu | members of the household';
comment on column "core"."poverty_register"."working_age_members" is 'Số người trong độ tuổi lao động | members of working age';
comment on column "core"."poverty_register"."standard_version" is 'Chuẩn nghèo áp dụng | poverty standard that was applied';
comment on column "core"."poverty_register"."as_of_date" is 'Ngày chốt số liệu | day of the status';

create unlogged table stage."poverty_register__load" (batch_id bigint, row_no integer, sender_code text, period text, sequence integer, issues text[], notes text[], "household_no" text, "district_code" text, "commune_code" text, "status" text, "members" bigint, "working_age_members" bigint, "standard_version" text, "as_of_date" date);

-- Rendered from include/contracts by `lmw contracts render`; edit the contract, not this file.

create table "core"."placements" (batch_id bigint not null, row_no integer not null, sender_code text not null, period text not null, sequence integer not null, valid_from date not null, valid_to date not null, recorded_from timestamptz not null, recorded_to timestamptz not null default 'infinity', "placement_no" text, "employer_no" text, "employer_district" text, "order_no" text, "session_no" text, "channel" text, "job_text" text, "occupation_code" text, "check_kind" text, "checked_on" date, "in_job" boolean, "evidence" text, "start_date" date, "contract_type" text, "wage_vnd" bigint, "person_key" text, "person_method" text);
create unique index "placements_current" on "core"."placements" ("sender_code", "placement_no", "check_kind") nulls not distinct where recorded_to = 'infinity';
create index "placements_partition" on "core"."placements" ("sender_code", "period", "recorded_to");
create index "placements_batch" on "core"."placements" ("batch_id");
comment on table "core"."placements" is 'Theo dõi việc làm sau giới thiệu | one follow-up check of one job start (at start, 3, 6 and 12 months)';
comment on column "core"."placements"."placement_no" is 'Mã theo dõi | number of the job start, the service centre''s own';
comment on column "core"."placements"."employer_no" is 'Mã đơn vị tuyển dụng | employer, by the register number of its district';
comment on column "core"."placements"."employer_district" is 'Mã huyện của đơn vị | district of the employer, three digits; empty outside the province';
comment on column "core"."placements"."order_no" is 'Mã số phiếu tuyển | job order that the person was placed on';
comment on column "core"."placements"."session_no" is 'Mã phiên | session that led to the job; empty for counter service';
comment on column "core"."placements"."channel" is 'Kênh giới thiệu | channel by which the person was placed';
comment on column "core"."placements"."job_text" is 'Công việc đang làm | the job in the words of the check';
comment on column "core"."placements"."occupation_code" is 'Mã nghề | VSCO 2020, 1 to 5 digits, often missing';
comment on column "core"."placements"."check_kind" is 'Lần kiểm tra | which check it is: at the start, after 3, 6 or 12 months';
comment on column "core"."placements"."checked_on" is 'Ngày kiểm tra | day of the check';
comment on column "core"."placements"."in_job" is 'Còn làm việc | whether the person works there; empty when the person could not be reached: unknown, not lost';
comment on column "core"."placements"."evidence" is 'Bằng chứng | document or phone call that confirms the answer';
comment on column "core"."placements"."start_date" is 'Ngày bắt đầu làm việc | first day of work';
comment on column "core"."placements"."contract_type" is 'Loại hợp đồng | kind of contract';
comment on column "core"."placements"."wage_vnd" is 'Mức lương tháng (đồng) | monthly wage, VND';
comment on column "core"."placements"."person_key" is 'Mã giả danh của người | pseudonym of the person';
comment on column "core"."placements"."person_method" is 'Cách tạo mã giả danh | what the pseudonym was made from';

create unlogged table stage."placements__load" (batch_id bigint, row_no integer, sender_code text, period text, sequence integer, issues text[], notes text[], "placement_no" text, "national_id" text, "employer_no" text, "employer_district" text, "order_no" text, "session_no" text, "channel" text, "job_text" text, "occupation_code" text, "check_kind" text, "checked_on" date, "in_job" boolean, "evidence" text, "start_date" date, "contract_type" text, "wage_vnd" bigint, "person_key" text, "person_method" text);

-- Rendered from include/contracts by `lmw contracts render`; edit the contract, not this file.

create table "core"."job_orders" (batch_id bigint not null, row_no integer not null, sender_code text not null, period text not null, sequence integer not null, valid_from date not null, valid_to date not null, recorded_from timestamptz not null, recorded_to timestamptz not null default 'infinity', "order_no" text, "employer_no" text, "title" text, "occupation_code" text, "openings" bigint, "openings_female" bigint, "wage_min_vnd" bigint, "wage_max_vnd" bigint, "wage_text" text, "contract_type" text, "work_time" text, "education_level" text, "qualification" text, "commune_code" text, "priority_groups" text[], "posted_on" date, "deadline" date, "closed_on" date, "close_reason" text);
create unique index "job_orders_current" on "core"."job_orders" ("sender_code", "order_no") nulls not distinct where recorded_to = 'infinity';
create index "job_orders_partition" on "core"."job_orders" ("sender_code", "period", "recorded_to");
create index "job_orders_batch" on "core"."job_orders" ("batch_id");
comment on table "core"."job_orders" is 'Phiếu đăng ký tuyển lao động | one job order of one employer (Form 03)';
comment on column "core"."job_orders"."order_no" is 'Mã số phiếu | number of the order, the district''s own';
comment on column "core"."job_orders"."employer_no" is 'Mã đơn vị trong sổ của huyện | employer, by the district''s own register number';
comment on column "core"."job_orders"."title" is 'Tên công việc | job title in the clerk''s words';
comment on column "core"."job_orders"."occupation_code" is 'Mã nghề (cấp 1 đến cấp 5) | VSCO 2020, 1 to 5 digits, often missing or in another scheme';
comment on column "core"."job_orders"."openings" is 'Số lượng tuyển | openings, persons';
comment on column "core"."job_orders"."openings_female" is 'Trong đó: nữ | openings for women, persons';
comment on column "core"."job_orders"."wage_min_vnd" is 'Mức lương thấp nhất (đồng/tháng) | lowest wage, VND a month';
comment on column "core"."job_orders"."wage_max_vnd" is 'Mức lương cao nhất (đồng/tháng) | highest wage, VND a month';
comment on column "core"."job_orders"."wage_text" is 'Mức lương như ghi trên phiếu | wage as typed: 7-10 triệu, thỏa thuận';
comment on column "core"."job_orders"."contract_type" is 'Loại hợp đồng lao động | type of labour contract';
comment on column "core"."job_orders"."work_time" is 'Hình thức làm việc | full time, part time or in shifts';
comment on column "core"."job_orders"."education_level" is 'Trình độ học vấn yêu cầu | general education required';
comment on column "core"."job_orders"."qualification" is 'Trình độ CMKT yêu cầu | technical qualification required';
comment on column "core"."job_orders"."commune_code" is 'Mã xã nơi làm việc | commune of the work place, five digits; may be in another district or province';
comment on column "core"."job_orders"."priority_groups" is 'Đối tượng ưu tiên | groups of candidates that the employer prefers';
comment on column "core"."job_orders"."posted_on" is 'Ngày đăng ký | day on which the order was posted';
comment on column "core"."job_orders"."deadline" is 'Thời hạn tuyển dụng | last day for applications';
comment on column "core"."job_orders"."closed_on" is 'Ngày kết thúc | day on which the order was closed';
comment on column "core"."job_orders"."close_reason" is 'Lý do kết thúc | why the order was closed';

create unlogged table stage."job_orders__load" (batch_id bigint, row_no integer, sender_code text, period text, sequence integer, issues text[], notes text[], "order_no" text, "employer_no" text, "title" text, "occupation_code" text, "openings" bigint, "openings_female" bigint, "wage_min_vnd" bigint, "wage_max_vnd" bigint, "wage_text" text, "contract_type" text, "work_time" text, "education_level" text, "qualification" text, "commune_code" text, "priority_groups" text[], "posted_on" date, "deadline" date, "closed_on" date, "close_reason" text);

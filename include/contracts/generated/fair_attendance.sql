-- Rendered from include/contracts by `lmw contracts render`; edit the contract, not this file.

create table "core"."fair_attendance" (batch_id bigint not null, row_no integer not null, sender_code text not null, period text not null, sequence integer not null, valid_from date not null, valid_to date not null, recorded_from timestamptz not null, recorded_to timestamptz not null default 'infinity', "attendance_no" text, "session_no" text, "birth_date" date, "sex" text, "commune_code" text, "priority_groups" text[], "wanted_job_text" text, "counselled" boolean, "employer_no" text, "order_no" text, "interviewed" boolean, "interview_result" text, "offered" boolean, "accepted" boolean, "start_date" date, "person_key" text, "person_method" text, "birth_precision" text, "match_key" text);
create unique index "fair_attendance_current" on "core"."fair_attendance" ("sender_code", "period", "session_no", "attendance_no") nulls not distinct where recorded_to = 'infinity';
create index "fair_attendance_partition" on "core"."fair_attendance" ("sender_code", "period", "recorded_to");
create index "fair_attendance_batch" on "core"."fair_attendance" ("batch_id");
comment on table "core"."fair_attendance" is 'Người tham dự phiên giao dịch việc làm | one person at one session, one row per vacancy the person was interviewed for (or one with no vacancy)';
comment on column "core"."fair_attendance"."attendance_no" is 'Số thứ tự tham dự | number of the row within its session';
comment on column "core"."fair_attendance"."session_no" is 'Mã phiên | session, by the sender''s own number';
comment on column "core"."fair_attendance"."birth_date" is 'Ngày, tháng, năm sinh | birth date; where only the month or the year is known, its first day';
comment on column "core"."fair_attendance"."sex" is 'Giới tính | sex of the person';
comment on column "core"."fair_attendance"."commune_code" is 'Mã xã nơi ở hiện tại | commune of residence, five digits; may be in another district or province';
comment on column "core"."fair_attendance"."priority_groups" is 'Đối tượng ưu tiên | priority groups';
comment on column "core"."fair_attendance"."wanted_job_text" is 'Công việc mong muốn | the wanted job in the person''s own words';
comment on column "core"."fair_attendance"."counselled" is 'Được tư vấn | whether the person was counselled';
comment on column "core"."fair_attendance"."employer_no" is 'Mã đơn vị phỏng vấn | employer of the interview, by the district''s register number';
comment on column "core"."fair_attendance"."order_no" is 'Mã số phiếu tuyển | job order that the interview was for';
comment on column "core"."fair_attendance"."interviewed" is 'Được phỏng vấn | whether there was an interview';
comment on column "core"."fair_attendance"."interview_result" is 'Kết quả phỏng vấn | outcome of the interview';
comment on column "core"."fair_attendance"."offered" is 'Được nhận | whether a job was offered';
comment on column "core"."fair_attendance"."accepted" is 'Đồng ý nhận việc | whether the offer was accepted';
comment on column "core"."fair_attendance"."start_date" is 'Ngày bắt đầu làm việc | first day of work';
comment on column "core"."fair_attendance"."person_key" is 'Mã giả danh của người | pseudonym of the person; null for a walk-in without a number';
comment on column "core"."fair_attendance"."person_method" is 'Cách tạo mã giả danh | what the pseudonym was made from';
comment on column "core"."fair_attendance"."birth_precision" is 'Độ chính xác của ngày sinh | how exactly the birth date is known';
comment on column "core"."fair_attendance"."match_key" is 'Khóa đối chiếu họ tên và ngày sinh | pseudonym of the name and the day of birth; finds candidates for one person under two numbers, never an identity';

create unlogged table stage."fair_attendance__load" (batch_id bigint, row_no integer, sender_code text, period text, sequence integer, issues text[], notes text[], "attendance_no" text, "session_no" text, "full_name" text, "national_id" text, "birth_date" date, "sex" text, "phone" text, "commune_code" text, "priority_groups" text[], "wanted_job_text" text, "counselled" boolean, "employer_no" text, "order_no" text, "interviewed" boolean, "interview_result" text, "offered" boolean, "accepted" boolean, "start_date" date, "person_key" text, "person_method" text, "birth_precision" text, "match_key" text);

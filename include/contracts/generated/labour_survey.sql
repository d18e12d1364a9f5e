-- Rendered from include/contracts by `lmw contracts render`; edit the contract, not this file.

create table "core"."labour_survey" (batch_id bigint not null, row_no integer not null, sender_code text not null, period text not null, sequence integer not null, valid_from date not null, valid_to date not null, recorded_from timestamptz not null, recorded_to timestamptz not null default 'infinity', "form_no" text, "birth_date" date, "sex" text, "commune_code" text, "registered_commune_code" text, "area_type" text, "household_no" text, "priority_groups" text[], "ethnicity" text, "education_level" text, "qualification" text, "training_field" text, "activity_status" text, "inactive_reason" text, "employment_status" text, "job_text" text, "workplace" text, "worked_before" boolean, "unemployed_duration" text, "wants_job" boolean, "wanted_job_text" text, "surveyed_on" date, "enumerator" text, "person_key" text, "person_method" text, "birth_precision" text, "match_key" text);
create unique index "labour_survey_current" on "core"."labour_survey" ("sender_code", "period", "form_no") nulls not distinct where recorded_to = 'infinity';
create index "labour_survey_partition" on "core"."labour_survey" ("sender_code", "period", "recorded_to");
create index "labour_survey_batch" on "core"."labour_survey" ("batch_id");
comment on table "core"."labour_survey" is 'Thông tin về cung lao động | one person in one survey round (Form 01, labour supply)';
comment on column "core"."labour_survey"."form_no" is 'Số phiếu | number of the form within the district and round';
comment on column "core"."labour_survey"."birth_date" is 'Ngày, tháng, năm sinh | birth date; where only the month or the year is known, its first day';
comment on column "core"."labour_survey"."sex" is 'Giới tính | sex of the person';
comment on column "core"."labour_survey"."commune_code" is 'Mã xã nơi ở hiện tại | commune of current residence, five digits, as in force in the period';
comment on column "core"."labour_survey"."registered_commune_code" is 'Mã xã nơi đăng ký thường trú | commune of registered residence, anywhere in the country';
comment on column "core"."labour_survey"."area_type" is 'Khu vực | urban or rural';
comment on column "core"."labour_survey"."household_no" is 'Số hộ | number of the household within the commune';
comment on column "core"."labour_survey"."priority_groups" is 'Đối tượng ưu tiên | priority groups';
comment on column "core"."labour_survey"."ethnicity" is 'Dân tộc | ethnic group, as written';
comment on column "core"."labour_survey"."education_level" is 'Trình độ giáo dục phổ thông cao nhất | highest general education';
comment on column "core"."labour_survey"."qualification" is 'Trình độ chuyên môn kỹ thuật cao nhất | highest technical qualification';
comment on column "core"."labour_survey"."training_field" is 'Chuyên ngành đào tạo | field of training';
comment on column "core"."labour_survey"."activity_status" is 'Tình trạng tham gia hoạt động kinh tế | economic activity';
comment on column "core"."labour_survey"."inactive_reason" is 'Lý do không tham gia hoạt động kinh tế | why a person is not active';
comment on column "core"."labour_survey"."employment_status" is 'Vị thế việc làm | status in employment';
comment on column "core"."labour_survey"."job_text" is 'Công việc cụ thể đang làm | the job in the person''s own words; the form has no occupation code';
comment on column "core"."labour_survey"."workplace" is 'Nơi làm việc | work place';
comment on column "core"."labour_survey"."worked_before" is 'Đã từng làm việc | whether an unemployed person worked before';
comment on column "core"."labour_survey"."unemployed_duration" is 'Thời gian thất nghiệp | for how long a person has been unemployed';
comment on column "core"."labour_survey"."wants_job" is 'Có nhu cầu việc làm | whether the person wants a job';
comment on column "core"."labour_survey"."wanted_job_text" is 'Công việc mong muốn | the wanted job in the person''s own words';
comment on column "core"."labour_survey"."surveyed_on" is 'Ngày thu thập | day of the interview';
comment on column "core"."labour_survey"."enumerator" is 'Người thu thập | the enumerator; a pseudonym from staging on';
comment on column "core"."labour_survey"."person_key" is 'Mã giả danh của người | pseudonym of the person, from the citizen number or else from the form';
comment on column "core"."labour_survey"."person_method" is 'Cách tạo mã giả danh | what the pseudonym was made from';
comment on column "core"."labour_survey"."birth_precision" is 'Độ chính xác của ngày sinh | how exactly the birth date is known';
comment on column "core"."labour_survey"."match_key" is 'Khóa đối chiếu họ tên và ngày sinh | pseudonym of the name and the day of birth; finds candidates for one person under two numbers, never an identity';

create unlogged table stage."labour_survey__load" (batch_id bigint, row_no integer, sender_code text, period text, sequence integer, issues text[], notes text[], "form_no" text, "full_name" text, "birth_date" date, "sex" text, "national_id" text, "phone" text, "commune_code" text, "registered_commune_code" text, "area_type" text, "household_no" text, "priority_groups" text[], "ethnicity" text, "education_level" text, "qualification" text, "training_field" text, "activity_status" text, "inactive_reason" text, "employment_status" text, "job_text" text, "workplace" text, "worked_before" boolean, "unemployed_duration" text, "wants_job" boolean, "wanted_job_text" text, "surveyed_on" date, "enumerator" text, "person_key" text, "person_method" text, "birth_precision" text, "match_key" text);

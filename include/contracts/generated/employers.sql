-- Rendered from include/contracts by `lmw contracts render`; edit the contract, not this file.

create table "core"."employers" (batch_id bigint not null, row_no integer not null, sender_code text not null, period text not null, sequence integer not null, valid_from date not null, valid_to date not null, recorded_from timestamptz not null, recorded_to timestamptz not null default 'infinity', "employer_no" text, "tax_code" text, "name" text, "employer_type" text, "vsic_code" text, "size_band" text, "headcount" bigint, "headcount_female" bigint, "commune_code" text, "industrial_zone" text, "planned_hires_6m" bigint, "demand_grid" jsonb, "surveyed_on" date, "tax_code_kind" text);
create unique index "employers_current" on "core"."employers" ("sender_code", "period", "employer_no") nulls not distinct where recorded_to = 'infinity';
create index "employers_partition" on "core"."employers" ("sender_code", "period", "recorded_to");
create index "employers_batch" on "core"."employers" ("batch_id");
comment on table "core"."employers" is 'Nhu cầu tuyển dụng của người sử dụng lao động | one employer as known to one district in one period (Form 02, labour demand)';
comment on column "core"."employers"."employer_no" is 'Mã đơn vị trong sổ của huyện | the district''s own register number';
comment on column "core"."employers"."tax_code" is 'Mã số ĐKKD / mã số thuế / CCCD | tax code: 10 digits with a check digit, 10-3 for a branch, 12 digits for a person or household business (then a pseudonym)';
comment on column "core"."employers"."name" is 'Tên người sử dụng lao động | name of the employer';
comment on column "core"."employers"."employer_type" is 'Loại hình | type of employer';
comment on column "core"."employers"."vsic_code" is 'Ngành sản xuất - kinh doanh chính (mã VSIC) | main industry, VSIC in the version in force on the period''s last day; leading zeros matter';
comment on column "core"."employers"."size_band" is 'Quy mô lao động | size band by number of workers';
comment on column "core"."employers"."headcount" is 'Tổng số lao động | workers in all';
comment on column "core"."employers"."headcount_female" is 'Trong đó: lao động nữ | women among the workers';
comment on column "core"."employers"."commune_code" is 'Mã xã, phường, thị trấn | commune of the employer, five digits, as in force in the period';
comment on column "core"."employers"."industrial_zone" is 'Khu công nghiệp/khu kinh tế | industrial zone or economic zone';
comment on column "core"."employers"."planned_hires_6m" is 'Số lao động tuyển dụng 6 tháng tới | hires planned for the next six months, persons; total of the demand grid';
comment on column "core"."employers"."demand_grid" is 'Nhu cầu tuyển dụng theo mã nghề cấp 2 | items {vsco2, quantity, quantity_female}, one for each level-2 occupation of the form';
comment on column "core"."employers"."surveyed_on" is 'Ngày thu thập | day on which the form was filled in';
comment on column "core"."employers"."tax_code_kind" is 'Loại mã số thuế | what kind of tax code it is; a personal one is replaced by a pseudonym';

create unlogged table stage."employers__load" (batch_id bigint, row_no integer, sender_code text, period text, sequence integer, issues text[], notes text[], "employer_no" text, "tax_code" text, "name" text, "employer_type" text, "vsic_code" text, "size_band" text, "headcount" bigint, "headcount_female" bigint, "commune_code" text, "industrial_zone" text, "contact_name" text, "contact_phone" text, "contact_email" text, "planned_hires_6m" bigint, "demand_grid" jsonb, "surveyed_on" date, "tax_code_kind" text);

-- Rendered from include/contracts by `lmw contracts render`; edit the contract, not this file.

create table "core"."budget_movements" (batch_id bigint not null, row_no integer not null, sender_code text not null, period text not null, sequence integer not null, valid_from date not null, valid_to date not null, recorded_from timestamptz not null, recorded_to timestamptz not null default 'infinity', "movement_no" text, "unit_code" text, "movement" text, "budget_year" bigint, "fund_year" bigint, "fund_type" text, "fund_source" text, "activity" text, "amount_vnd" bigint, "moved_on" date, "treasury_ref" text);
create unique index "budget_movements_current" on "core"."budget_movements" ("sender_code", "unit_code", "movement_no") nulls not distinct where recorded_to = 'infinity';
create index "budget_movements_partition" on "core"."budget_movements" ("sender_code", "period", "recorded_to");
create index "budget_movements_batch" on "core"."budget_movements" ("batch_id");
comment on table "core"."budget_movements" is 'Biến động kinh phí chương trình | one movement of programme money';
comment on column "core"."budget_movements"."movement_no" is 'Số chứng từ | number of the movement, the unit''s own';
comment on column "core"."budget_movements"."unit_code" is 'Mã đơn vị | unit whose money it is';
comment on column "core"."budget_movements"."movement" is 'Loại biến động | kind of movement';
comment on column "core"."budget_movements"."budget_year" is 'Năm ngân sách | year in which it moved';
comment on column "core"."budget_movements"."fund_year" is 'Năm của vốn | year that the money belongs to';
comment on column "core"."budget_movements"."fund_type" is 'Loại vốn | kind of money';
comment on column "core"."budget_movements"."fund_source" is 'Nguồn ngân sách | whose budget it is';
comment on column "core"."budget_movements"."activity" is 'Hoạt động | activity that it is for';
comment on column "core"."budget_movements"."amount_vnd" is 'Số tiền (đồng) | amount, VND, always positive; the kind of movement gives the direction';
comment on column "core"."budget_movements"."moved_on" is 'Ngày biến động | day of the movement';
comment on column "core"."budget_movements"."treasury_ref" is 'Số tham chiếu kho bạc | reference of the treasury';

create unlogged table stage."budget_movements__load" (batch_id bigint, row_no integer, sender_code text, period text, sequence integer, issues text[], notes text[], "movement_no" text, "unit_code" text, "movement" text, "budget_year" bigint, "fund_year" bigint, "fund_type" text, "fund_source" text, "activity" text, "amount_vnd" bigint, "moved_on" date, "treasury_ref" text);

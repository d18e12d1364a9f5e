-- Rendered from include/contracts by `lmw contracts render`; edit the contract, not this file.

create table "core"."fair_sessions" (batch_id bigint not null, row_no integer not null, sender_code text not null, period text not null, sequence integer not null, valid_from date not null, valid_to date not null, recorded_from timestamptz not null, recorded_to timestamptz not null default 'infinity', "session_no" text, "name" text, "kind" text, "held_on" date, "commune_code" text, "fund" text, "fund_share_pct" bigint, "cost_planned_vnd" bigint, "cost_settled_vnd" bigint, "employers_declared" bigint, "attendees_declared" bigint);
create unique index "fair_sessions_current" on "core"."fair_sessions" ("sender_code", "period", "session_no", "fund") nulls not distinct where recorded_to = 'infinity';
create index "fair_sessions_partition" on "core"."fair_sessions" ("sender_code", "period", "recorded_to");
create index "fair_sessions_batch" on "core"."fair_sessions" ("batch_id");
comment on table "core"."fair_sessions" is 'Phiên giao dịch việc làm | one job-fair session (fixed, mobile, online, job day, commune counselling) and fund; a session paid by two funds has two rows that agree in all but fund, share and cost';
comment on column "core"."fair_sessions"."session_no" is 'Mã phiên | number of the session, the sender''s own';
comment on column "core"."fair_sessions"."name" is 'Tên phiên | name of the session';
comment on column "core"."fair_sessions"."kind" is 'Loại phiên | kind of session';
comment on column "core"."fair_sessions"."held_on" is 'Ngày tổ chức | day on which it was held';
comment on column "core"."fair_sessions"."commune_code" is 'Mã xã nơi tổ chức | commune where it was held, five digits; empty for an online session';
comment on column "core"."fair_sessions"."fund" is 'Nguồn kinh phí | fund that pays this row''s share';
comment on column "core"."fair_sessions"."fund_share_pct" is 'Tỷ lệ nguồn chi trả (%) | share of the session''s cost paid by the fund; shares of a session sum to 100';
comment on column "core"."fair_sessions"."cost_planned_vnd" is 'Kinh phí kế hoạch (đồng) | planned cost of this row''s share, VND';
comment on column "core"."fair_sessions"."cost_settled_vnd" is 'Kinh phí quyết toán (đồng) | settled cost of this row''s share, VND; empty until the accounts are settled';
comment on column "core"."fair_sessions"."employers_declared" is 'Số đơn vị tham gia (khai) | employers taking part, as typed';
comment on column "core"."fair_sessions"."attendees_declared" is 'Số người lao động tham gia (khai) | people who came, as typed; may be visits';

create unlogged table stage."fair_sessions__load" (batch_id bigint, row_no integer, sender_code text, period text, sequence integer, issues text[], notes text[], "session_no" text, "name" text, "kind" text, "held_on" date, "commune_code" text, "fund" text, "fund_share_pct" bigint, "cost_planned_vnd" bigint, "cost_settled_vnd" bigint, "employers_declared" bigint, "attendees_declared" bigint);

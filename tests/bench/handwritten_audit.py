"""The lower bound for the audit: every rule of the survey that the audit checks, in one SQL statement written by hand.

It does not read contracts, gives one count for each check, and neither lists rows nor judges batches.
"""

from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

PASS = """
with batch as not materialized (
    select
        b.*,
        to_date(b.period, 'YYYY') as first_day,
        (to_date(b.period, 'YYYY') + interval '1 year')::date as next_day,
        (b.delivery_created_at at time zone 'Asia/Ho_Chi_Minh')::date as delivered_on
    from ops.batch as b
    where b.feed = 'labour_survey' and b.state in ('landed', 'staged')
),
commune as not materialized (
    select b.batch_id, b.period, b.sender_code, a.code, a.parent_district_code
    from batch as b
    join reference.area_unit as a
        on a.level = 'commune' and a.valid_from::date < b.next_day
        and coalesce(a.valid_to::date, 'infinity') > b.first_day
),
elsewhere as not materialized (
    select c.batch_id, c.code
    from commune as c
    join reference.area_unit as d
        on d.level = 'district' and d.code = c.sender_code and c.parent_district_code <> c.sender_code
),
twin as (
    select batch_id, form_no, count(*) as records
    from {stage}
    where form_no is not null
    group by batch_id, form_no
    having count(*) > 1
),
twin_record as (
    select s.batch_id, s.form_no, md5(row(
        s.form_no, s.full_name, s.birth_date, s.sex, s.national_id, s.phone, s.commune_code, s.registered_commune_code,
        s.area_type, s.household_no, s.priority_groups, s.ethnicity, s.education_level, s.qualification, s.training_field,
        s.activity_status, s.inactive_reason, s.employment_status, s.job_text, s.workplace, s.worked_before,
        s.unemployed_duration, s.wants_job, s.wanted_job_text, s.surveyed_on, s.enumerator
    )::text) as content
    from {stage} as s
    join twin using (batch_id, form_no)
),
twin_kind as (
    select batch_id, form_no, count(*) as records, count(distinct content) as contents
    from twin_record
    group by batch_id, form_no
),
contradicting_citizen as (
    select batch_id, count(*) as records
    from {stage}
    where national_id is not null
    group by batch_id, national_id
    having
        min(sex) <> max(sex)
        or min(birth_date) filter (where birth_precision = 'day') <> max(birth_date) filter (where birth_precision = 'day')
),
counted as (
    select
        count(*) as records,
        count(*) filter (where form_no is null) as form_no_missing,
        count(*) filter (where full_name is null) as full_name_missing,
        count(*) filter (where birth_date is null) as birth_date_missing,
        count(*) filter (where sex is null) as sex_missing,
        count(*) filter (where commune_code is null) as commune_code_missing,
        count(*) filter (where education_level is null) as education_level_missing,
        count(*) filter (where qualification is null) as qualification_missing,
        count(*) filter (where activity_status is null) as activity_status_missing,
        count(*) filter (where surveyed_on is null) as surveyed_on_missing,
        count(*) filter (where sex not in ('male', 'female')) as sex_unknown,
        count(*) filter (where area_type not in ('urban', 'rural')) as area_type_unknown,
        count(*) filter (
            where not priority_groups <@ array['poor', 'near_poor', 'newly_escaped', 'disabled', 'ethnic_minority']
        ) as priority_groups_unknown,
        count(*) filter (
            where education_level not in ('none', 'primary', 'lower_secondary', 'upper_secondary')
        ) as education_level_unknown,
        count(*) filter (
            where qualification not in (
                'none', 'skilled_no_certificate', 'elementary', 'intermediate', 'college', 'university', 'postgraduate', 'other'
            )
        ) as qualification_unknown,
        count(*) filter (where activity_status not in ('employed', 'unemployed', 'inactive')) as activity_status_unknown,
        count(*) filter (
            where inactive_reason not in ('study', 'retired', 'housework', 'disabled', 'other')
        ) as inactive_reason_unknown,
        count(*) filter (
            where employment_status not in ('employer', 'own_account', 'family_worker', 'employee')
        ) as employment_status_unknown,
        count(*) filter (where unemployed_duration not in ('under_3m', '3_12m', 'over_12m')) as unemployed_duration_unknown,
        count(*) filter (where person_method not in ('national_id', 'old_id', 'form', 'none')) as person_method_unknown,
        count(*) filter (where birth_precision not in ('day', 'month', 'year')) as birth_precision_unknown,
        count(*) filter (
            where array_to_string(issues, ' ') ~ '(^| )(?!phone:|national_id:placeholder( |$)|[^: ]+:not_in_list( |$))'
        ) as unreadable,
        count(*) filter (where array_to_string(issues, ' ') ~ ':not_in_list( |$)') as not_in_list,
        count(*) filter (where array_to_string(issues, ' ') ~ '(^| )phone:') as phone_unreadable,
        count(*) filter (where 'national_id:placeholder' = any(issues)) as placeholder_number,
        count(*) filter (
            where full_name ~* '^(nguyễn|trần|lê|phạm) (văn|thị) [abcdx]$'
            or lower(full_name) in ('test', 'abc', 'xyz', 'họ và tên', 'họ tên', 'monkey d luffy')
        ) as placeholder_name,
        count(*) filter (
            where full_name ~ ' [ABCDX]$' and full_name !~* '^(nguyễn|trần|lê|phạm) (văn|thị) [abcdx]$'
        ) as short_name,
        count(*) filter (where array_to_string(notes, ' ') ~ ':nfc') as recomposed,
        count(*) filter (where array_to_string(notes, ' ') ~ ':old_font') as in_old_font,
        count(*) filter (where array_to_string(notes, ' ') ~ ':other_zone') as in_other_zone,
        count(*) filter (
            where birth_date > (surveyed_on - interval '15 years')::date
            or birth_date <= (surveyed_on - interval '111 years')::date
        ) as age_implausible,
        count(*) filter (
            where length(national_id) = 12 and (
                substr(national_id, 4, 1) in ('1', '3', '5', '7', '9') <> (sex = 'female')
                or substr(national_id, 5, 2) <> right(extract(year from birth_date)::text, 2)
            )
        ) as national_id_disagrees,
        count(*) filter (where activity_status <> 'employed' and employment_status is not null) as jump_employment,
        count(*) filter (where activity_status <> 'unemployed' and unemployed_duration is not null) as jump_duration,
        count(*) filter (where activity_status <> 'inactive' and inactive_reason is not null) as jump_reason,
        count(*) filter (
            where qualification in ('college', 'university', 'postgraduate') and education_level <> 'upper_secondary'
            or qualification = 'none' and training_field is not null
        ) as schooling_disagrees,
        count(*) filter (where (period, commune_code) not in (select period, code from commune)) as commune_not_in_force,
        count(*) filter (where (batch_id, commune_code) in (select batch_id, code from elsewhere)) as commune_elsewhere,
        count(*) filter (where birth_precision = 'day' and extract(doy from birth_date) = 1) as first_of_january,
        count(*) filter (where activity_status = 'employed') as employed,
        count(*) filter (where activity_status = 'unemployed') as unemployed,
        count(*) filter (where activity_status = 'inactive') as inactive
    from {stage}
),
dated as (
    select
        count(*) filter (where s.surveyed_on > b.delivered_on) as surveyed_after_delivery,
        count(*) filter (
            where s.surveyed_on < b.first_day or s.surveyed_on >= b.next_day and s.surveyed_on <= b.delivered_on
        ) as surveyed_outside_period
    from {stage} as s
    join batch as b using (batch_id)
),
compared as (
    select
        count(*) filter (where b.first_day > b.delivered_on or b.first_day < date '2009-01-01') as period_not_open,
        count(*) filter (where b.declared_records = 0 and b.sequence = 1) as empty,
        count(*) filter (
            where b.declared_records not between 0.5 * l.records_parsed and 2 * l.records_parsed
            and greatest(b.declared_records, l.records_parsed) >= 50
        ) as volume_off
    from batch as b
    left join lateral (
        select p.records_parsed
        from ops.batch as p
        where p.feed = 'labour_survey' and p.sender_code = b.sender_code and p.batch_id <> b.batch_id
            and p.published_at is not null and length(p.period) = 4 and (p.period, p.sequence) < (b.period, b.sequence)
        order by p.period desc, p.sequence desc
        limit 1
    ) as l on true
)
select
    counted.*,
    dated.*,
    compared.*,
    (select coalesce(sum(records - 1) filter (where contents = 1), 0) from twin_kind) as repeated_records,
    (select coalesce(sum(records) filter (where contents > 1), 0) from twin_kind) as contradicting_keys,
    (select coalesce(sum(records), 0) from contradicting_citizen) as contradicting_citizens
from counted
cross join dated
cross join compared
"""


def handwritten_audit(connection: psycopg.Connection, stage_table: str) -> dict[str, Any]:
    """Count the breaches of each rule in stage.<stage_table>, a stage table of the survey; the connection is the auditor's."""
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("set local work_mem = '64MB'")  # as the audit's own session has it
        counted = cursor.execute(sql.SQL(PASS).format(stage=sql.Identifier("stage", stage_table))).fetchone()
    assert counted
    return counted

-- Keep the identifiers of the persons of a batch: of each person those of the first row. An erased person is left out. An entry is the
-- sender's who made it: another sender with other values does not change it, and neither does an older batch. What an entry was before,
-- and what another sender has, is kept as a version. Gives the number of persons with another name or day of birth than their entry.
with reported as (
    select distinct on (staged.person_key)
        staged.person_key,
        staged.person_method,
        staged.national_id,
        staged.full_name,
        staged.birth_date,
        staged.phone
    from stage.{stage} as staged
    where staged.batch_id = %(batch_id)s
        and staged.person_key is not null
        and {publishable}
        and not exists (select from vault.erased_person as erased where erased.person_key = staged.person_key)
    order by staged.person_key, staged.row_no
),

compared as (
    select
        reported.*,
        entry.full_name as entry_name,
        entry.birth_date as entry_birth_date,
        entry.phone as entry_phone,
        entry.last_batch_id,
        entry.sender_code = %(sender_code)s as is_own,
        lower(public.unaccent(replace(entry.full_name, ' ', ''))) <> lower(public.unaccent(replace(reported.full_name, ' ', '')))
        or extract(year from entry.birth_date) <> extract(year from reported.birth_date) as is_contradiction
    from reported
    inner join vault.person as entry on reported.person_key = entry.person_key
    where entry.last_batch_id <> %(batch_id)s
        and (entry.full_name, entry.birth_date, coalesce(reported.phone, entry.phone))
        is distinct from (reported.full_name, reported.birth_date, entry.phone)
),

versions as (
    insert into vault.person_version (person_key, sender_code, batch_id, full_name, birth_date, phone, is_refused)
    select person_key, %(sender_code)s, last_batch_id, entry_name, entry_birth_date, entry_phone, false
    from compared
    where is_own and last_batch_id < %(batch_id)s
    union all
    select person_key, %(sender_code)s, %(batch_id)s, full_name, birth_date, phone, true
    from compared
    where not is_own
        and not exists (
            select from vault.person_version as known
            where known.person_key = compared.person_key and known.sender_code = %(sender_code)s
                and (known.full_name, known.birth_date, known.phone)
                is not distinct from (compared.full_name, compared.birth_date, compared.phone)
        )
),

entries as (
    insert into vault.person as kept (
        person_key, person_method, national_id, full_name, birth_date, phone, sender_code, first_batch_id, last_batch_id
    )
    select person_key, person_method, national_id, full_name, birth_date, phone, %(sender_code)s, %(batch_id)s, %(batch_id)s
    from reported
    on conflict (person_key) do update set
        full_name = excluded.full_name,
        birth_date = excluded.birth_date,
        phone = coalesce(excluded.phone, kept.phone),
        last_batch_id = excluded.last_batch_id,
        last_seen_at = excluded.last_seen_at
    where kept.sender_code = excluded.sender_code and kept.last_batch_id <= excluded.last_batch_id
)

select count(*) from compared where not is_own and is_contradiction

-- Keep the identifiers of the persons of a batch: of each person those of the first row. An erased person is left out. An entry is the
-- sender's who reported the person first, in the order of the batches: another sender with other values does not change it, and neither
-- does an older batch of its sender. A replay loads feed after feed, so the first report may come after a later one: it then takes the
-- entry. What an entry was before, and what another sender has, is kept as a version. Gives the number of persons with another name or
-- year of birth than their entry.
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
        entry.sender_code as entry_sender,
        entry.sender_code = %(sender_code)s as is_own,
        entry.sender_code <> %(sender_code)s and entry.first_batch_id > %(batch_id)s as is_first_report,
        lower(public.unaccent(replace(entry.full_name, ' ', ''))) <> lower(public.unaccent(replace(reported.full_name, ' ', '')))
        or extract(year from entry.birth_date) <> extract(year from reported.birth_date) as is_contradiction
    from reported
    inner join vault.person as entry on reported.person_key = entry.person_key
    where entry.last_batch_id <> %(batch_id)s
        and (entry.full_name, entry.birth_date, coalesce(reported.phone, entry.phone))
        is distinct from (reported.full_name, reported.birth_date, entry.phone)
),

refused as (
    select person_key, %(sender_code)s as sender_code, %(batch_id)s as batch_id, full_name, birth_date, phone
    from compared
    where not is_own and not is_first_report
    union all
    select person_key, entry_sender, last_batch_id, entry_name, entry_birth_date, entry_phone
    from compared
    where is_first_report
),

versions as (
    insert into vault.person_version (person_key, sender_code, batch_id, full_name, birth_date, phone, is_refused)
    select person_key, %(sender_code)s, last_batch_id, entry_name, entry_birth_date, entry_phone, false
    from compared
    where is_own and last_batch_id < %(batch_id)s
    union all
    select person_key, sender_code, batch_id, full_name, birth_date, phone, true
    from refused
    where not exists (
        select from vault.person_version as known
        where known.person_key = refused.person_key and known.sender_code = refused.sender_code
            and (known.full_name, known.birth_date, known.phone)
            is not distinct from (refused.full_name, refused.birth_date, refused.phone)
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
        phone = case when kept.sender_code = excluded.sender_code then coalesce(excluded.phone, kept.phone) else excluded.phone end,
        sender_code = excluded.sender_code,
        first_batch_id = least(kept.first_batch_id, excluded.first_batch_id),
        last_batch_id = excluded.last_batch_id,
        last_seen_at = excluded.last_seen_at
    where
        case
            when kept.sender_code = excluded.sender_code then kept.last_batch_id <= excluded.last_batch_id
            else kept.first_batch_id > excluded.first_batch_id
        end
)

select count(*) from compared where not is_own and is_contradiction

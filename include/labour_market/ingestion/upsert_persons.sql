-- Keep the identifiers of the persons of a batch: of each person those of the first row. An erased person is left out.
-- A replay of an older batch does not overwrite what a newer one brought.
insert into vault.person as kept (
    person_key, person_method, national_id, full_name, birth_date, phone, first_batch_id, last_batch_id
)
select distinct on (staged.person_key)
    staged.person_key,
    staged.person_method,
    staged.national_id,
    staged.full_name,
    staged.birth_date,
    staged.phone,
    staged.batch_id,
    staged.batch_id
from stage.{stage} as staged
where staged.batch_id = %(batch_id)s
    and staged.person_key is not null
    and {publishable}
    and not exists (select from vault.erased_person as erased where erased.person_key = staged.person_key)
order by staged.person_key, staged.row_no
on conflict (person_key) do update set
    full_name = excluded.full_name,
    birth_date = excluded.birth_date,
    phone = coalesce(excluded.phone, kept.phone),
    last_batch_id = excluded.last_batch_id,
    last_seen_at = excluded.last_seen_at
where excluded.last_batch_id >= kept.last_batch_id

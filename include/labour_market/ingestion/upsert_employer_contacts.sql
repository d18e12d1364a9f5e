-- Keep the contact persons of the employers of a batch: of each employer that of the first row. A replay of an older
-- batch does not overwrite what a newer one brought.
insert into vault.employer_contact as kept (
    sender_code, employer_no, contact_name, contact_phone, contact_email, last_batch_id
)
select distinct on (staged.employer_no)
    staged.sender_code,
    staged.employer_no,
    staged.contact_name,
    staged.contact_phone,
    staged.contact_email,
    staged.batch_id
from stage.{stage} as staged
where staged.batch_id = %(batch_id)s and {publishable}
order by staged.employer_no, staged.row_no
on conflict (sender_code, employer_no) do update set
    contact_name = excluded.contact_name,
    contact_phone = excluded.contact_phone,
    contact_email = excluded.contact_email,
    last_batch_id = excluded.last_batch_id
where excluded.last_batch_id >= kept.last_batch_id

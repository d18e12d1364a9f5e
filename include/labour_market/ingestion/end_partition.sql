-- End the current records of a partition, which a snapshot replaces.
update core.{feed}
set recorded_to = now()
where sender_code = %(sender_code)s and period = %(period)s and recorded_to = 'infinity'

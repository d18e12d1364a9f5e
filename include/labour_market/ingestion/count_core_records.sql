-- Records of a batch that this transaction wrote into core, and how many of them came too late to be current.
select count(*) as in_core, count(*) filter (where recorded_to = recorded_from) as late
from core.{feed}
where batch_id = %(batch_id)s and recorded_from = now()

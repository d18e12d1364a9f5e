-- The comments of a relation, under '', and of its columns.
select coalesce(attribute.attname, ''), comment.description
from pg_description as comment
left join pg_attribute as attribute
    on attribute.attrelid = comment.objoid and attribute.attnum = comment.objsubid and comment.objsubid > 0
where comment.classoid = 'pg_class'::regclass and comment.objoid = to_regclass(%(relation)s)

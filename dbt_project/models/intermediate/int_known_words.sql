-- The words of the reference lists: occupations, their other titles, areas and labels of the forms.
with occupations as (select * from {{ ref('occupation') }}),

titles as (select * from {{ ref('title_alias') }}),

areas as (select * from {{ ref('area_unit') }}),

labels as (select * from {{ ref('code_list') }}),

texts as (
    select label_vi as listed from occupations
    union all
    select alias as listed from titles
    union all
    select name_vi as listed from areas
    union all
    select label_vi as listed from labels
    union all
    select 'phiên giao dịch việc làm hội chợ ngày sàn lưu động cố định trực tuyến tư vấn xã phường thị trấn huyện thành phố tỉnh tháng năm quý số đợt' as listed
)

select distinct words.word
from texts
cross join lateral regexp_split_to_table(lower(texts.listed), '[^[:alpha:]]+') as words (word)
where words.word <> ''

-- Mười chức danh nông nghiệp không mã hóa được gặp nhiều nhất? | Which ten job titles in agriculture could not be coded most often?
-- words = nông|ruộng|rẫy|vườn|lúa|rau|trồng|nuôi|bò|heo|gà|vịt|tôm|cá|thanh long|nong|ruong|ray|vuon|trong|nuoi | từ chỉ nông nghiệp | words for agriculture
-- how_many = 10 | số chức danh | number of titles
select
    title,
    seen,
    first_seen,
    last_seen,
    level_1_code
from bi.occupation_queue
where level_1_code = '6' or title ~* ('\m(' || %(words)s || ')\M')
order by seen desc, title
limit %(how_many)s::int

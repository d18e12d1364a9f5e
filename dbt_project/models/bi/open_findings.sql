-- What the ledger found and is not corrected yet. The sentence of the ledger itself holds ids that a sender chose, so it is not shown here.
with findings as (select * from {{ ref('stg_ops__reconcile_finding') }}),

areas as (select * from {{ ref('dim_area') }}),

offices as (select * from {{ ref('dim_reporting_unit') }}),

kinds (kind, finding_vi, finding_en) as (
    values
    ('announcement_unreadable', 'thông báo lần gửi không đọc được, chưa có lô', 'an announcement cannot be read, there is no batch'),
    ('announcement_changed', 'lần gửi được thông báo lại với nội dung khác', 'a delivery was announced again with another content'),
    ('delivery_id_reused', 'một mã lần gửi dùng cho hai nguồn dữ liệu', 'one delivery id is used for two feeds'),
    ('other_feed_listed', 'cổng dữ liệu liệt kê lần gửi của nguồn khác', 'a gateway lists deliveries of another feed'),
    ('lost_records', 'số bản ghi của lô không khớp với sổ cái', 'records of a batch are not accounted for'),
    ('orphan_records', 'có bản ghi thuộc lô không có trong sổ cái', 'records name a batch that is not in the ledger'),
    ('stuck', 'lô dừng lại quá lâu', 'a batch has been in progress for too long'),
    ('other_bytes', 'tệp đã lưu khác tệp đã thông báo', 'the landed file is not the announced one'),
    ('missing_bytes', 'tệp đã lưu của lô không còn', 'the landed file of a batch is gone'),
    ('damaged_bytes', 'tệp đã lưu của lô bị thay đổi', 'the landed file of a batch has changed'),
    ('replay_blocked', 'nạp lại bị chặn, số liệu cũ vẫn được dùng', 'a replay was blocked, the earlier records stay in use'),
    ('not_fetched', 'nhiều đêm không tải được lần gửi', 'a delivery could not be fetched in several nights'),
    ('senders_file', 'tệp khai báo đơn vị gửi bị lỗi', 'the senders file is broken'),
    ('identity_conflict', 'một người có thông tin khác nhau ở hai đơn vị gửi', 'two senders have another name or birth year of one person'),
    ('erased_person_delivered', 'lần gửi có người đã được xóa dữ liệu', 'a delivery has records of an erased person'),
    ('erasure_unclear', 'không rõ tệp đã lưu có người được xóa dữ liệu hay không', 'it is not known whether a landed file names an erased person')
)

select
    findings.finding_id,
    findings.kind,
    coalesce(kinds.finding_vi, findings.kind) as finding_vi,
    coalesce(kinds.finding_en, findings.kind) as finding_en,
    findings.feed,
    findings.sender_code,
    coalesce(areas.name_vi, offices.label_vi, findings.sender_code) as sender,
    findings.period,
    findings.batch_id,
    findings.found_at
from findings
left join kinds on findings.kind = kinds.kind
left join areas on areas.level = 'district' and findings.sender_code = areas.code
left join offices
    on findings.sender_code = offices.unit_code and findings.found_at::date >= offices.valid_from and findings.found_at::date < offices.valid_to

"""The totals that a sender may announce with a delivery, and their Vietnamese names."""

# totals that senders type, as far as they are not named after a field
TOTALS_VI = {
    "allocated_vnd": "số vốn giao",
    "attendees": "số lượt tham dự",
    "disbursed_vnd": "số giải ngân",
    "employers": "số đơn vị",
    "households": "số hộ",
    "interviews": "số lượt phỏng vấn",
    "lost": "số mất việc",
    "not_reached": "số không liên lạc được",
    "orders": "số phiếu tuyển",
    "persons": "số người",
    "placements": "số lượt bắt đầu làm việc",
    "planned_hires": "số dự kiến tuyển",
    "records": "số bản ghi",
    "sessions": "số phiên",
    "started": "số bắt đầu làm việc",
    "units": "số đơn vị",
    "visits": "số lượt tham dự",
}

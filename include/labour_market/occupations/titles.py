"""Cleaning of job titles: one spelling, no phone numbers, wages or places, abbreviations written out.

A title is a sequence of syllables; a compound such as "công nhân" is one unit. Each unit has a full form, with its tone at the end so that
"hoà" and "hòa" are the same, and a bare form without marks, in which titles typed without diacritics equal the others.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from labour_market.normalise.text import mask_personal
from labour_market.settings import DBT_DIR


class Unit(NamedTuple):
    """A word of a title. full: its form with marks; bare: without; marked: whether it was typed with marks."""

    full: str
    bare: str
    marked: bool


# Written out where they are a separate word. An abbreviation with two readings (kt: kế toán, kỹ thuật) is left as it is.
_ABBREVIATION_LIST = """
    cn công nhân|nv nhân viên|gv giáo viên|ktv kỹ thuật viên|bv bảo vệ|bs bác sĩ|ks kỹ sư|kts kiến trúc sư|ldpt lao động phổ thông
    lđpt lao động phổ thông|sx sản xuất|kd kinh doanh|xd xây dựng|vp văn phòng|nvvp nhân viên văn phòng|nvbh nhân viên bán hàng
    nvkd nhân viên kinh doanh|cty công ty|cti công ty|xnk xuất nhập khẩu|cskh chăm sóc khách hàng|cbtp chế biến thực phẩm|cb chế biến
    cbts chế biến thủy sản|tx tài xế|tl thanh long|cont container|k không|ko không|kg không|khg không|hok không|đt điện tử
    hdv hướng dẫn viên|gd giám đốc|hlv huấn luyện viên|gđ giám đốc|pgđ phó giám đốc|tgđ tổng giám đốc|tbp trưởng bộ phận|qđ quản đốc|bx bốc xếp
    pv phục vụ|cntt công nghệ thông tin|hcns hành chính nhân sự|hcvp hành chính văn phòng|cafe cà phê|cf cà phê|caphe cà phê|oto ô tô
    bđs bất động sản|bds bất động sản|bhnt bảo hiểm nhân thọ|lk linh kiện|vlxd vật liệu xây dựng|vtnn vật tư nông nghiệp
    bvtv bảo vệ thực vật|htx hợp tác xã|thcs trung học cơ sở|thpt trung học phổ thông|ubnd ủy ban nhân dân|staff nhân viên
    worker công nhân|lm làm|ng người|trg trường|ds dược sĩ|đd điều dưỡng|gvmn giáo viên mầm non|dn doanh nghiệp|nvyt nhân viên y tế
"""

# Two or more syllables that are one word. They are found in the bare spelling too, so their bare forms must not be ambiguous.
_COMPOUND_LIST = """
    công nhân|nhân viên|kỹ thuật|kỹ thuật viên|kỹ sư|giáo viên|lái xe|tài xế|sản xuất|vận hành|lao động|phổ thông|chăn nuôi|bán hàng|lắp ráp
    xây dựng|cơ khí|thiết bị|nhà máy|chăm sóc|quản lý|sản phẩm|thiết kế|y tế|chế biến|nông nghiệp|thủy sản|điện tử|tư vấn|bảo vệ|giám đốc
    kế toán|kim loại|giám sát|văn phòng|trồng trọt|thông tin|công nghiệp|công nghệ|bác sĩ|bác sỹ|khai thác|bê tông|lắp đặt|kinh doanh
    công trình|công ty|dịch vụ|phân tích|phục vụ|sửa chữa|chủ tịch|xã hội|bảo trì|bao bì|truyền thông|môi giới|trái cây|hướng dẫn|thủ công
    tài chính|vật lý|thực phẩm|vệ sinh|đóng gói|lâm nghiệp|chuyên viên|xử lý|kiểm soát|bảo hiểm|đồ ăn|môi trường|ô tô|thú y|thu mua|thư ký
    phân loại|cửa hàng|thu hoạch|phương tiện|trưởng phòng|nhân sự|hóa học|phụ tá|đại lý|thị trường|hỗ trợ|xe máy|gia súc|gia cầm|cao su
    hàng hóa|khách sạn|quản trị|hóa chất|quảng cáo|lập trình|thống kê|cà phê|buôn bán|gia đình|cơ sở|hành chính|hành chánh|thực vật|hệ thống
    khảo sát|trị liệu|phát triển|máy tính|thức ăn|thanh long|tự cung tự cấp|đồ gỗ|dọn dẹp|khai thác mỏ|sức khỏe|hợp tác xã|cán bộ
    khoa học|điều khiển|điều dưỡng|tiếp thị|hải quan|tổ chức|bất động sản|nội thất|điện thoại|lễ tân|siêu thị|hỗn hợp|máy móc|linh kiện
    giao hàng|giúp việc|viễn thông|kiến trúc|kiến trúc sư|mầm non|dữ liệu|ngân hàng|thể thao|công việc|tòa nhà|cây ăn trái|cây ăn quả|gia công
    hoàn thiện|dân dụng|công an|điều hành|trang trại|chất lượng|chế tạo|an toàn|y học|giảng viên|trung cấp|trung học|trung tâm|tổng hợp
    nghề nghiệp|kiểm lâm|phần mềm|ứng dụng|hộ sinh|khách hàng|du lịch|nấu ăn|pha chế|quần áo|đánh bắt|thủy tinh|luyện kim|giao thông
    xuất nhập khẩu|thương mại|cổ truyền|tiểu học|đào tạo|phiên dịch|phiên dịch viên|tổ trưởng|trợ lý|y tá|trường học|tín dụng|công tác xã hội
    huấn luyện viên|trang trí|đầu bếp|giao dịch viên|máy bay|tổng đài|xe buýt|quán ăn|tạp hóa|điện nước|thu ngân|thạch cao|kiểm tra|giặt là
    đóng chai|tạp vụ|quét dọn|bốc xếp|bốc vác|khuân vác|thu gom|ve chai|phế liệu|bí thư|nhà hàng|kế hoạch|vật liệu|tự động hóa|điện lạnh
    nha khoa|dược sĩ|truyền hình|đám cưới|thanh tra|tài sản|đại diện|nông sản|mua bán|việc làm|công chức|tiền lương|thư viện|văn thư|làm đẹp
    phân bón|giày dép|lặt vặt|mùa vụ|cây cảnh|cây kiểng|máy lạnh|đánh bóng|xe đạp|đồng hồ|kim hoàn|đường dây|bánh kẹo|xe nâng|thủy thủ
    lau dọn|hàng rong|thời trang|đồ họa|đa khoa|đại học|cao đẳng|tin học|đầu tư|quan hệ|thí nghiệm|y sĩ|cộng tác viên|cấp cứu|giao nhận
    sự kiện|bếp trưởng|đánh máy|cầm đồ|vận tải|giải khát|nước giải khát|mỹ phẩm|tự do|côn trùng|xi măng|thuộc da|nồi hơi|lò hơi|đồ chơi
    đưa rước|ba gác|giản đơn|khuyết tật|nghệ thuật|tôn giáo|bộ đội|cảnh sát|đảng ủy|ủy ban nhân dân|nông dân|công đoàn|doanh nghiệp|khuyến nông
    khuôn mẫu|bệnh viện|đông y|răng hàm mặt|mẫu giáo|cô giáo|thầy giáo|kiểm toán|công nợ|tuyển dụng|pháp chế|pháp lý|thông dịch|thông dịch viên
    đo đạc|họa viên|quản đốc|trưởng nhóm|thi công|nước thải|xét nghiệm|thủ quỹ|vận động viên|bóng đá|nhiếp ảnh|quay phim|nhập liệu|vật tư
    điều phối|điều độ|thủ thư|lưu trữ|nấu cơm|căn tin|quán nhậu|buồng phòng|mai táng|trại hòm|cơm tấm|thuốc tây|giữ trẻ|trông trẻ|bảo mẫu
    rau màu|hoa màu|thuốc lá|canh tác|sầu riêng|nhà vườn|nấm rơm|chim yến|vịt chạy đồng|kinh tế|cốp pha|giàn giáo|thang máy|bảng hiệu
    giết mổ|bánh mì|may mặc|túi xách|giày da|xuất khẩu|ăn trái|tuần tra|an ninh|chứng từ|khai báo|đóng hàng|lên hàng|xuống hàng|đóng thùng
    thủ kho|nhân thọ|livestream|xe ôm|công nghệ cao|container|đầu kéo|cấp dưỡng|hạt điều|đậu phộng|đậu phọng|khoai mỡ|khoai lang|khoai mì
    dưa hấu|dưa leo|dưa lưới|mãng cầu|đu đủ|vú sữa|chôm chôm|măng cụt|cây màu|không hạt|bò sữa|cá tra|tôm thẻ|tôm sú|vé số|thợ hồ|thợ nề
    phụ hồ|phụ bếp|chuyền trưởng|trưởng ca|sà lan|tài công|lò gạch|chung cư|bách hóa|văn hóa|địa chính|phóng viên|luật sư|công chứng viên
    giám định|thẩm định|định giá|kết cấu|nhôm kính|nông trường|làm thuê|làm mướn|công nhật|bán lẻ|đan lát|lục bình|thương lái|nghiệp vụ
    cây giống|cây xanh|nông học|bảo dưỡng|cẩu tháp|cần trục|cầu trục|gặt đập|máy cày|máy gặt|máy xới|máy kéo|máy xúc|máy đào|máy may
    chà nhám|đồ uống|điều tra|phỏng vấn|tôn thép|cầu đường|thủy lợi|nghĩa vụ quân sự|quân đội|quân nhân|sĩ quan|chiến sĩ|biên phòng|nước mía
    hủ tiếu|bánh canh|đồng áng|rau muống|khổ qua|nha đam|mai vàng|hoa kiểng|vườn ươm|bồ câu|lò ấp|càng xanh|ba ba|lồng bè|thả vườn|sinh sản
    gia dụng|mô tơ|cấp nước|công nghệ thông tin|chạy bàn|bưng bê|điện lực|tráng bánh|hộ lý|người già|người bệnh|cao tuổi|thu tiền
    nhà màng|nhà lưới|nhà kính|ba má|ba mẹ|bố mẹ|cha mẹ|ông xã|bà xã|bỏ mối
    người mẫu|hợp đồng|xí nghiệp|phân xưởng|không hột|cắt tóc|hớt tóc|thời vụ|lau chùi|làm tóc|gội đầu|bảo vệ thực vật|sinh học|lương y|lương thực|làm công|call center|dạy nghề|cây lâu năm|tiểu thương|sạp chợ|nghỉ việc|thất nghiệp|học sinh|sinh viên|nội trợ|hưu trí
"""

# Synonyms of the south, of the north and of factories. The first replaces the others.
_SYNONYM_LIST = """
    thuê mướn|thuê muon|làm_thuê làm_mướn|làm mần|heo lợn|bắp ngô|khóm dứa|bác_sĩ bác_sỹ|hành_chính hành_chánh|đậu_phộng đậu_phọng|giày giầy
    kính kiếng|công_ty xí_nghiệp|công_ty nhà_máy|công_ty xưởng|công_ty phân_xưởng|không_hạt không_hột|trông coi|cắt_tóc hớt_tóc
    hoa bông|quả trái|cây_ăn_trái cây_ăn_quả|lau_dọn lau_chùi|quét_dọn quét_tước|giữ_trẻ trông_trẻ|tiệm cửa_hàng|tiệm shop
"""

# Words that do not describe an occupation. A single syllable must have its marks, since "cua" may be a crab and "co" grass.
_NOISE_LIST = """
    tuyển|cần tuyển|cần gấp|cần|gấp|tìm người|tìm|nam nữ|nữ|nam|tại|ở|của|và|kiêm|các|những|có|lâu năm|theo|hoặc|với|từ|đến|trên|dưới
    tuổi|kcn|khu công nghiệp|ccn|tnhh|mtv|cổ phần|trách nhiệm hữu hạn|long an|part time|full time|parttime|fulltime|ca ngày|ca đêm|ca tối
    ca sáng|ca xoay|ca chiều|xoay ca|nghề|tự làm|chính thức|số lượng|vợ chồng|mỗi ngày|hằng ngày|hiện tại|đang làm|đang|trái vụ
    thành phố|thị trấn|tuyen|nu|muốn|mong muốn|muốn làm|xin|xin việc|tìm việc|xin làm|nguyện vọng
    ở nhà|đi học|gần nhà|đi xa|làm xa|bất kỳ|phù hợp|ổn định|gì cũng được|sao cũng được|sài gòn|bình dương|hồ chí minh|tphcm|hcm|đồng nai|tây ninh
    tiền giang|vinamilk
"""
# From these words to the next comma the text is about pay, contact or conditions.
_CUT_LIST = """
    lương|luong|thu nhập|phụ cấp|lh|liên hệ|call|zalo|hotline|bao ăn|bao cơm|ưu tiên|không cần|không yêu cầu|yêu cầu|biết|bằng cấp|thưởng
    lợi thế|kinh nghiệm|phúc lợi|sđt|sdt|số điện thoại
"""
_PAY_WORDS = {"tinh", "tien", "tra"}  # before "lương" they describe the work: kế toán tiền lương
_NUMBER_UNITS = {
    *("tr", "trieu", "k", "ha", "tan", "kg", "tuoi", "nam", "vnd", "dong", "d", "h", "cong", "con", "tru", "ao", "m2", "m", "nguoi"),
    *("sao", "mau", "ngay", "thang", "vu", "goc", "cay", "xe", "kim", "gio", "t", "phan", "%"),
}

_TONES = {"\u0300": "2", "\u0301": "1", "\u0309": "3", "\u0303": "4", "\u0323": "5"}
_CONTACT = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)*|https?://\S+|\[số\]|\+?\d(?:[ .\-]?\d){7,}")
_PAY_NUMBER = re.compile(r"\d+(?:[.,]\d+)*(?:tr|triệu|trieu|k|đ|vnd|ha|kg|tấn|tan|h|tuổi|t|g)\d*|\d+(?:[.,]\d+)+")
_TOKEN = re.compile(r"[^\W_]+|[,;()/|\-–—+.:&\n]")
_SYLLABLE = re.compile(r"[^\W_]+")
_FINAL_Y = re.compile(r"(?:(?<=^[hklmst])|(?<=^th)|(?<=qu))y$")


@lru_cache(maxsize=200_000)
def spellings(syllable: str) -> Unit:
    """The full and the bare form of a syllable: hoà and hòa are "hoa2", kỹ and kĩ "ki4"; their bare forms are "hoa" and "ki"."""
    tone, letters, bare = "", [], []
    for char in unicodedata.normalize("NFD", syllable):
        if char in _TONES:
            tone = _TONES[char]
        elif unicodedata.combining(char):
            letters.append(char)
        else:
            letters.append(char)
            bare.append("d" if char == "đ" else char)
    plain = "".join(bare)
    short = _FINAL_Y.sub("i", plain)
    full = "".join(letters)
    if short != plain:
        full = full[:-1] + "i"
    return Unit(full + tone, short, marked=bool(tone) or full != short)


def _bare(text: str) -> tuple[str, ...]:
    return tuple(spellings(syllable).bare for syllable in _SYLLABLE.findall(text))


def _entries(text: str) -> Iterator[str]:
    return (entry for line in text.splitlines() for entry in line.strip().split("|") if entry)


ABBREVIATIONS: dict[str, tuple[str, ...]] = {
    short: tuple(words.split()) for short, words in (entry.split(" ", 1) for entry in _entries(_ABBREVIATION_LIST))
}


def _joined(syllables: list[Unit]) -> Unit:
    return Unit("_".join(s.full for s in syllables), "_".join(s.bare for s in syllables), any(s.marked for s in syllables))


_COMPOUNDS: dict[tuple[str, ...], Unit] = {
    _bare(words): _joined([spellings(word) for word in words.split()]) for words in _entries(_COMPOUND_LIST)
}
_SYNONYMS = {
    other.full: first
    for first, other in (
        [_joined([spellings(s) for s in word.split("_")]) for word in entry.split(" ")] for entry in _entries(_SYNONYM_LIST)
    )
}
_LONGEST_COMPOUND = max(map(len, _COMPOUNDS))
_COMPOUND_STARTS = {key[0] for key in _COMPOUNDS}


class _Phrase(NamedTuple):
    bare: tuple[str, ...]
    full: tuple[str, ...]
    kind: str  # cut, noise, place or compound

    def fits(self, units: list[Unit]) -> bool:
        """Whether these syllables are the phrase. A single syllable must have its marks; two or more may all be without."""
        if tuple(unit.bare for unit in units) != self.bare:
            return False
        if self.kind in ("place", "compound") or tuple(unit.full for unit in units) == self.full:
            return True
        return len(units) > 1 and not any(unit.marked for unit in units)


@cache
def _phrases() -> dict[str, list[_Phrase]]:
    """Phrases that are left out of titles, and compounds that must not be split by them: by first syllable, the longest first."""
    found: dict[str, list[_Phrase]] = {}
    for kind, entries in (
        ("compound", map("_".join, _COMPOUNDS)),
        ("cut", _entries(_CUT_LIST)),
        ("noise", _entries(_NOISE_LIST)),
        ("place", _place_names()),
    ):
        for entry in entries:
            units = [spellings(word) for word in _SYLLABLE.findall(entry)]
            phrase = _Phrase(tuple(u.bare for u in units), tuple(u.full for u in units), kind)
            found.setdefault(phrase.bare[0], []).append(phrase)
    order = ("cut", "noise", "compound", "place")
    return {first: sorted(of, key=lambda p: (-len(p.bare), order.index(p.kind))) for first, of in found.items()}


def _place_names() -> Iterator[str]:
    """Districts and communes of the province, which titles name as the place of work; names of one syllable are too common."""
    with (DBT_DIR / "seeds" / "area" / "area_unit.csv").open(encoding="utf-8", newline="") as file:
        names = {row["name_vi"].removeprefix(row["unit_type"]).strip().casefold() for row in csv.DictReader(file)}
    return (name for name in sorted(names) if " " in name)


def _expanded(text: str) -> list[str]:
    """Tokens of a casefolded text: syllables and separators, abbreviations written out, numbers of pay and size left out."""
    text = _PAY_NUMBER.sub(" , ", _CONTACT.sub(" , ", text))
    tokens: list[str] = []
    for token in _TOKEN.findall(text):
        if token == "vs" and tokens[-1:] == ["bán"]:  # noqa: S105  # a word, no password
            tokens += ["vé", "số"]
        else:
            tokens += ABBREVIATIONS.get(token, (token,))
    kept: list[str] = []
    after_number = False
    for at, token in enumerate(tokens):
        following = tuple(spellings(t).bare for t in tokens[at + 1 : at + 2] if t[0].isalnum())
        if token.isdigit():
            after_number = True
            if len(token) <= 2 and (kept[-1:] == ["cấp"] or kept[-1:] == ["cap"] or tokens[at + 1 : at + 2] == ["chỗ"]):
                kept.append(token)
            continue
        unit = spellings(token).bare
        if not (after_number and unit in _NUMBER_UNITS and (unit, *following) not in _COMPOUNDS):
            kept.append(token)
        after_number = False
    return kept


def _without_noise(tokens: list[str]) -> list[str]:
    """The syllables that describe the work: without places, noise words, and the text after "lương", "liên hệ" and similar words."""
    kept: list[str] = []
    units = [spellings(token) for token in tokens]
    phrases = _phrases()
    at, cut = 0, False
    while at < len(tokens):
        length, kind = 1, ""
        if not tokens[at][0].isalnum():
            at, cut = at + 1, False
            continue
        for phrase in phrases.get(units[at].bare, ()):
            if phrase.fits(units[at : at + len(phrase.bare)]) and not (
                phrase.bare == ("luong",) and kept and spellings(kept[-1]).bare in _PAY_WORDS
            ):
                length, kind = len(phrase.bare), phrase.kind
                break
        cut = cut or kind == "cut"
        if not cut and kind in ("", "compound"):
            kept += tokens[at : at + length]
        at += length
    return kept


@lru_cache(maxsize=100_000)
def clean_title(raw: str) -> str:
    """The clean form of a title, in which titles are compared: NFC, lower case, abbreviations written out, no phone number, id, e-mail,
    pay or place; "" when no word is left."""
    text = unicodedata.normalize("NFC", mask_personal(unicodedata.normalize("NFC", raw)).casefold())
    return " ".join(_without_noise(_expanded(text)))


def compounded(syllables: list[Unit]) -> list[Unit]:
    """Join syllables into units: from the left, the longest compound first."""
    units: list[Unit] = []
    at = 0
    while at < len(syllables):
        longest = min(_LONGEST_COMPOUND, len(syllables) - at) if syllables[at].bare in _COMPOUND_STARTS else 1
        for length in range(longest, 1, -1):
            part = syllables[at : at + length]
            found = _COMPOUNDS.get(tuple(unit.bare for unit in part))
            if found:
                units.append(Unit(found.full, found.bare, any(unit.marked for unit in part)))
                at += length
                break
        else:
            units.append(syllables[at])
            at += 1
    return [Unit(same.full, same.bare, unit.marked) if (same := _SYNONYMS.get(unit.full)) else unit for unit in units]


def syllables_of(title: str) -> list[Unit]:
    """The syllables of a clean title."""
    return [spellings(syllable) for syllable in _SYLLABLE.findall(title)]

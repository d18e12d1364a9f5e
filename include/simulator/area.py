"""The senders: the 15 district offices of Long An before the reform, the service centre and the department.

The communes of districts come from the warehouse's area list.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

AREA_UNITS = Path(__file__).parents[2] / "dbt_project" / "seeds" / "area" / "area_unit.csv"
REFERENCE_DAY = date(2023, 6, 14)

Key = TypeVar("Key")


@dataclass(frozen=True)
class Commune:
    """A commune as of the reference day."""

    code: str
    name: str

    @property
    def urban(self) -> bool:
        """Whether it is a ward or a town."""
        return self.name.startswith(("Phường", "Thị trấn"))


@dataclass(frozen=True)
class District:
    """A sender. people (thousands) and employers are the weights by which records are divided among districts, rounded from public totals.

    crops: the farm trades of simulator.titles in that district; zones: its industrial zones.
    """

    code: str
    name: str
    people: int
    employers: int
    crops: tuple[str, ...]
    zones: tuple[str, ...]
    communes: tuple[Commune, ...]


# code: name, people (thousands), employers, crops, industrial zones
_PROFILES: dict[str, tuple[str, int, int, str, str]] = {
    "794": ("TP Tân An", 145, 260, "rice dragon_fruit poultry", "CCN Lợi Bình Nhơn"),
    "795": ("TX Kiến Tường", 44, 60, "rice fish melaleuca", ""),
    "796": ("Huyện Tân Hưng", 43, 25, "rice duck fish", ""),
    "797": ("Huyện Vĩnh Hưng", 49, 25, "rice duck fish", ""),
    "798": ("Huyện Mộc Hóa", 28, 15, "rice melaleuca duck", ""),
    "799": ("Huyện Tân Thạnh", 76, 30, "rice melaleuca fish swiftlet", ""),
    "800": ("Huyện Thạnh Hóa", 54, 30, "rice yam melaleuca pineapple", ""),
    "801": ("Huyện Đức Huệ", 63, 45, "rice lime cane cattle", ""),
    "802": ("Huyện Đức Hòa", 316, 560, "dairy peanut rice poultry", "KCN Đức Hòa 1;KCN Tân Đức;KCN Xuyên Á;KCN Hải Sơn"),
    "803": ("Huyện Bến Lức", 182, 360, "lime cane pineapple pomelo", "KCN Thuận Đạo;KCN Phúc Long;KCN Vĩnh Lộc 2;KCN Nhựt Chánh"),
    "804": ("Huyện Thủ Thừa", 99, 90, "rice lime coconut", "CCN Hòa Bình"),
    "805": ("Huyện Tân Trụ", 66, 55, "rice dragon_fruit coconut poultry", "CCN An Nhựt Tân"),
    "806": ("Huyện Cần Đước", 188, 170, "rice shrimp vegetables swiftlet", "KCN Cầu Tràm;KCN Cầu cảng Phước Đông"),
    "807": ("Huyện Cần Giuộc", 215, 200, "vegetables shrimp poultry rice", "KCN Long Hậu;KCN Tân Kim;KCN Đông Nam Á"),
    "808": ("Huyện Châu Thành", 110, 75, "dragon_fruit shrimp coconut poultry", ""),
}
DISTRICT_CODES = tuple(_PROFILES)
PROVINCE_OFFICES = {
    "SC": "Trung tâm Dịch vụ việc làm tỉnh Long An",
    "DOLISA": "Sở Lao động - Thương binh và Xã hội tỉnh Long An",
}
SENDER_CODES = (*DISTRICT_CODES, *PROVINCE_OFFICES)


def read_districts(area_units: Path | None = None, day: date = REFERENCE_DAY) -> dict[str, District]:
    """The senders with the communes valid on that day, by code.

    Raises:
        ValueError: When the area list has none for a sender.
    """
    communes: dict[str, list[Commune]] = {code: [] for code in _PROFILES}
    with (area_units or AREA_UNITS).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            since, until = row["valid_from"] or "0001-01-01", row["valid_to"] or "9999-12-31"
            if row["level"] == "commune" and row["parent_district_code"] in communes and since <= day.isoformat() < until:
                communes[row["parent_district_code"]].append(Commune(row["code"], row["name_vi"]))
    if empty := [code for code, found in communes.items() if not found]:
        raise ValueError(f"the area list has no commune for {', '.join(empty)} on {day}")
    return {
        code: District(
            code,
            name,
            people,
            employers,
            tuple(crops.split()),
            tuple(filter(None, zones.split(";"))),
            tuple(sorted(communes[code], key=lambda c: c.code)),
        )
        for code, (name, people, employers, crops, zones) in _PROFILES.items()
    }


def read_senders() -> dict[str, District]:
    """All senders by code: the districts, and the two offices of the province, which have no communes."""
    return read_districts() | {code: District(code, name, 0, 0, (), (), ()) for code, name in PROVINCE_OFFICES.items()}


def share_out(total: int, weights: Mapping[Key, float]) -> dict[Key, int]:
    """Divide an integer in proportion to weights, by largest remainders, so that the shares sum to the total."""
    all_weights = sum(weights.values())
    exact = {key: total * weight / all_weights for key, weight in weights.items()}
    shares = {key: int(value) for key, value in exact.items()}
    by_remainder: Sequence[Key] = sorted(exact, key=lambda key: shares[key] - exact[key])
    for key in by_remainder[: total - sum(shares.values())]:
        shares[key] += 1
    return shares

"""What core, the reference lists and ops hold, as data frames; and places, persons, job starts and days that several metrics share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from math import isnan
from typing import Any

import pandas as pd
import psycopg
from labour_market.contracts import load_contract
from psycopg.rows import dict_row

GROUPS = ("poor", "near_poor", "newly_escaped", "disabled", "ethnic_minority")
FOR_EVER = date(9999, 1, 1)
PROVINCE = ("as_reported", "all", Fraction(1))
CHECKS = ("start", "m3", "m6", "m12")


@dataclass(eq=False)
class Published:
    """What is published now. Each property is read or made once."""

    connection: psycopg.Connection

    def query(self, statement: str, parameters: Sequence[str] = ()) -> pd.DataFrame:
        with self.connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(statement.encode(), parameters).fetchall()
            assert cursor.description
            return pd.DataFrame(rows, columns=[column.name for column in cursor.description], dtype=object)

    def core(self, feed: str) -> pd.DataFrame:
        """The current rows of a feed; persons with the pseudonym that their links name."""
        current = "select to_jsonb(rows) - 'recorded_from' - 'recorded_to' as record from core.{} as rows where recorded_to = 'infinity'"
        rows = self.query(current.format(feed))
        names = self.query("select column_name from information_schema.columns where table_schema = 'core' and table_name = %s", [feed])
        columns = list(names["column_name"])
        frame = pd.DataFrame([[record.get(column) for column in columns] for record in rows["record"]], columns=columns, dtype=object)
        for column in columns:
            if column.endswith(("_on", "_date")) or column in ("deadline", "valid_from"):
                frame[column] = [date.fromisoformat(day) if day else None for day in frame[column]]
        if "person_key" in frame:
            linked = dict(self.query("select alias_key, person_key from ops.person_identity").itertuples(index=False))
            frame["person"] = [linked.get(key, key) for key in frame["person_key"]]
        return frame

    # areas

    @cached_property
    def units(self) -> pd.DataFrame:
        units = self.query("select * from reference.area_unit")
        units["valid_from"] = [date.fromisoformat(day) for day in units["valid_from"]]
        units["valid_to"] = [date.fromisoformat(day) if day else FOR_EVER for day in units["valid_to"]]
        return units

    @cached_property
    def _communes(self) -> dict[str, list[dict[str, Any]]]:
        communes: dict[str, list[dict[str, Any]]] = {}
        for unit in rows_of(self.units[self.units["level"] == "commune"]):
            communes.setdefault(unit["code"], []).append(unit)
        return communes

    @cached_property
    def _border(self) -> set[tuple[str, date]]:
        return {
            (code, date.fromisoformat(day))
            for code, day in self.query("select code, valid_from from reference.border_commune").itertuples(index=False)
        }

    @cached_property
    def _successions(self) -> dict[tuple[str, date], list[tuple[str, Fraction]]]:
        """Of a commune that ended on a day: its successors. Without published head-counts the default one takes everything."""
        found: dict[tuple[str, date], list[tuple[str, Fraction]]] = {}
        for row in rows_of(self.query("select * from reference.area_succession where level = 'commune'")):
            weight = Fraction(row["weight"]) if row["weight"] else Fraction(row["is_default"] == "true")
            if weight:
                found.setdefault((row["from_code"], date.fromisoformat(row["effective_date"])), []).append((row["to_code"], weight))
        return found

    def commune_on(self, code: str | None, day: date | None) -> dict[str, Any] | None:
        if code is None or day is None:
            return None
        return next((unit for unit in self._communes.get(code, ()) if unit["valid_from"] <= day < unit["valid_to"]), None)

    def today(self, code: str, since: date) -> dict[str, Fraction]:
        """The communes of today that a commune became part of, with weights."""
        unit = next(unit for unit in self._communes[code] if unit["valid_from"] == since)
        if unit["valid_to"] == FOR_EVER:
            return {code: Fraction(1)}
        shares: dict[str, Fraction] = {}
        for successor, weight in self._successions.get((code, unit["valid_to"]), ()):
            for end, share in self.today(successor, unit["valid_to"]).items():
                shares[end] = shares.get(end, Fraction(0)) + weight * share
        return shares

    @cached_property
    def _districts(self) -> set[str]:
        return set(self.units.loc[self.units["level"] == "district", "code"])

    def place(self, frame: pd.DataFrame, commune: str, day: Callable[[Any], date | None], district: str | None) -> pd.DataFrame:
        """The rows with `areas`, every (mode, area, weight) in which a row is counted, the province first; and `border`.

        Args:
            frame: The rows.
            commune: The column with the code of the commune.
            day: The day of a row on which the code must be valid.
            district: The column with the district of a row that names no valid commune; without one its area is unknown.
        """
        frame = frame.copy()
        areas, border = [], []
        for row in rows_of(frame):
            unit = self.commune_on(row[commune], day(row))
            if unit is not None:
                assert unit["parent_district_code"], "communes since July 2025 are not in this province"
                named = unit["parent_district_code"]
                restated = list(self.today(unit["code"], unit["valid_from"]).items())
            else:
                named = row[district] if district else None
                named = named if named in self._districts else "unknown"
                restated = [("unknown", Fraction(1))]
            areas.append(
                [
                    PROVINCE,
                    ("as_reported", named, Fraction(1)),
                    *(("restated", code, share) for code, share in restated),
                    ("restated_former_district", named, Fraction(1)),
                ]
            )
            border.append(unit is not None and (unit["code"], unit["valid_from"]) in self._border)
        frame["areas"] = pd.Series(areas, index=frame.index, dtype=object)
        frame["border"] = pd.Series(border, index=frame.index, dtype=object)
        return frame

    # occupations

    @cached_property
    def _levels(self) -> dict[str, int]:
        return {
            code: int(level)
            for code, level in self.query("select code, level from reference.occupation where scheme = 'VSCO2020'").itertuples(index=False)
        }

    @cached_property
    def _titles(self) -> dict[tuple[str, str], dict[str, Any]]:
        return {(row["title_key"], row["context"]): row for row in rows_of(self.query("select * from ops.title_coding"))}

    @cached_property
    def _sent_codes(self) -> dict[str, str]:
        return {
            code: official
            for code, official in self.query("select sent_code, occupation_code from ops.sent_code where level >= 2").itertuples(
                index=False
            )
            if official in self._levels
        }

    def title(self, text: str | None, context: str = "") -> tuple[str | None, str | None, str | None]:
        """The official code of a title, its provisional code if it has one, and the method."""
        row = self._titles.get((text or "", context))
        if row is None or row["occupation_code"] not in self._levels:
            return None, None, None
        return row["occupation_code"], row["detail_code"], row["method"]

    def sent_code(self, code: str | None) -> str | None:
        return self._sent_codes.get(code or "")

    # what the feeds hold

    @cached_property
    def survey(self) -> pd.DataFrame:
        """Surveyed persons: where they live, the occupations in which they work and want to work, whether they state a need for work."""
        survey = self.place(self.core("labour_survey"), "commune_code", lambda row: row["surveyed_on"], "sender_code")
        survey["unit"] = [
            person or f"form {sender}/{period}/{form}"
            for person, sender, period, form in values_of(survey, "person", "sender_code", "period", "form_no")
        ]
        survey["need"] = [
            status == "unemployed" if wants is None else wants for wants, status in values_of(survey, "wants_job", "activity_status")
        ]
        works = [
            self.title(text, f"status:{status}" if status else "") for text, status in values_of(survey, "job_text", "employment_status")
        ]
        wanted = [self.title(text) for text in survey["wanted_job_text"]]
        survey["code"], survey["trade"], survey["method"] = zip(*works, strict=True)
        survey["occupation"] = [_level_2(code) for code, _, _ in works]
        survey["wanted"] = [
            _level_2(code) if _level_2(code) != "unknown" else _level_2(now) for (code, *_), (now, *_) in zip(wanted, works, strict=True)
        ]
        survey["age"] = [_age(born, day) for born, day in values_of(survey, "birth_date", "surveyed_on")]
        return survey

    def latest_of_year(self, feed: str) -> pd.DataFrame:
        """The latest period of each sender in each year: the one that ends last, of these the longest; also one that came empty."""
        batches = self.query("select distinct sender_code, period from ops.batch where feed = %s and state = 'published'", [feed])
        batches["year"] = [period[:4] for period in batches["period"]]
        batches["ends"] = [last_day(period) for period in batches["period"]]
        batches["length"] = [len(period) for period in batches["period"]]
        return batches.sort_values(["ends", "length"], ascending=[True, False]).groupby(["sender_code", "year"], as_index=False).last()

    @cached_property
    def rounds(self) -> pd.DataFrame:
        """The persons of the survey round of each year, with the days on which it and the sender's next one begin."""
        days = self.survey.groupby(["sender_code", "period"])["surveyed_on"].min().sort_values()
        begins, following = {}, {}
        for sender, of_sender in days.groupby(level=0):
            following |= dict(zip(((sender, period) for _, period in of_sender.index), [*of_sender.iloc[1:], FOR_EVER], strict=True))
            begins |= {(sender, period): day for (_, period), day in of_sender.items()}
        rounds = self.survey.merge(self.latest_of_year("labour_survey")[["sender_code", "period", "year"]], on=["sender_code", "period"])
        rounds["begins"] = [begins[key] for key in values_of(rounds, "sender_code", "period")]
        rounds["next_begins"] = [following[key] for key in values_of(rounds, "sender_code", "period")]
        return rounds

    @cached_property
    def round_ends(self) -> dict[tuple[str, str], date]:
        """The day on which the next round of the sender begins, by sender and period."""
        days = self.survey.groupby(["sender_code", "period"])["surveyed_on"].min()
        return {
            (sender, period): min((day for (other, _), day in days.items() if other == sender and day > first), default=FOR_EVER)
            for (sender, period), first in days.items()
        }

    @cached_property
    def registers(self) -> pd.DataFrame:
        """Employers as each delivery registered them."""
        return self.place(self.core("employers"), "commune_code", lambda row: row["surveyed_on"], "sender_code")

    @cached_property
    def industries(self) -> dict[tuple[str, str], str]:
        """The industry of an employer in its latest register."""
        latest = self.registers.sort_values("valid_from").groupby(["sender_code", "employer_no"]).last()
        return {key: code for key, code in latest["vsic_code"].items() if code}

    @cached_property
    def orders(self) -> pd.DataFrame:
        """Job orders with the occupation that the sender gave or that the title has, and the day from which they are not open any more."""
        orders = self.place(self.core("job_orders"), "commune_code", lambda row: row["posted_on"], "sender_code")
        codes = []
        for row in rows_of(orders):
            industry = self.industries.get((row["sender_code"], row["employer_no"]))
            official, trade, method = self.title(row["title"], f"industry:{industry}" if industry else "")
            if given := self.sent_code(row["occupation_code"]):
                codes.append((given, trade if trade and trade.startswith(given) else None, "given"))
            else:
                codes.append((official, trade, method))
        orders["code"], orders["trade"], orders["method"] = zip(*codes, strict=True)
        orders["occupation"] = [_level_2(code) for code in orders["code"]]
        orders["ended_on"] = [
            min(closed or FOR_EVER, deadline + timedelta(1) if deadline else FOR_EVER)
            for closed, deadline in values_of(orders, "closed_on", "deadline")
        ]
        return orders

    @cached_property
    def sessions(self) -> pd.DataFrame:
        """Sessions, once each; `funds` are its payers with their share and settled cost."""
        rows = self.core("fair_sessions")
        rows["fund_row"] = list(values_of(rows, "fund", "fund_share_pct", "cost_settled_vnd"))
        grouped = rows.groupby(["sender_code", "session_no"], as_index=False).agg(
            {
                "kind": "first",
                "held_on": "first",
                "commune_code": "first",
                "fund_row": list,
            }
        )
        sessions = self.place(grouped, "commune_code", lambda row: row["held_on"], "sender_code")
        sessions["settled"] = [
            sum((cost for *_, cost in funds if cost is not None), 0) if any(cost is not None for *_, cost in funds) else None
            for funds in sessions["fund_row"]
        ]
        # the number, without the marks and blanks that a path may not have
        sessions["session"] = [f"{sender}/{number}" for sender, number in values_of(sessions, "sender_code", "session_no")]
        for kind, length in (("month", 7), ("year", 4)):
            sessions[kind] = [day.isoformat()[:length] for day in sessions["held_on"]]
        sessions["half"] = [f"{day.year}-H{1 if day.month <= 6 else 2}" for day in sessions["held_on"]]
        return sessions

    @cached_property
    def attendance(self) -> pd.DataFrame:
        """Records of visitors, with the day of the session, where the visitor lives and whom to count once."""
        held = {
            key: day for *key_parts, day in values_of(self.sessions, "sender_code", "session_no", "held_on") for key in [tuple(key_parts)]
        }
        rows = self.core("fair_attendance")
        rows["held_on"] = [held.get(key) for key in values_of(rows, "sender_code", "session_no")]
        rows = self.place(rows, "commune_code", lambda row: row["held_on"] or row["valid_from"], "sender_code")
        rows["unit"] = [
            person or f"visitor {sender}/{session}/{number}"
            for person, sender, session, number in values_of(rows, "person", "sender_code", "session_no", "attendance_no")
        ]
        rows["sex"] = rows["sex"].fillna("unknown")
        return rows

    @cached_property
    def visits(self) -> pd.DataFrame:
        """One person at one session. A visit has a group, or reached a step of the funnel, when one of its records has it."""
        rows = self.attendance.copy()
        rows["groups"] = [set(groups or ()) for groups in rows["priority_groups"]]
        rows["passed"] = rows["interview_result"] == "passed"
        rows["started"] = [day is not None for day in rows["start_date"]]
        for flag in ("counselled", "interviewed"):
            rows[flag] = [bool(value) for value in rows[flag]]
        return rows.groupby(["sender_code", "session_no", "unit"], as_index=False).agg(
            {
                "held_on": "first",
                "sex": "max",
                "person": "first",
                "areas": "first",
                "border": "max",
                "groups": lambda sets: set().union(*sets),
                "counselled": "max",
                "interviewed": "max",
                "passed": "max",
                "started": "max",
            }
        )

    @cached_property
    def checked_placements(self) -> pd.DataFrame:
        """Placements that the service centre reports, once each: its first start date, and the outcome of each check."""
        checks = self.core("placements")
        rows = []
        for (sender, number), of_placement in checks.groupby(["sender_code", "placement_no"]):
            row: dict[str, Any] = {"sender_code": sender, "placement_no": number}
            for column in ("channel", "session_no", "employer_district", "employer_no", "order_no", "occupation_code", "job_text"):
                row[column] = max((value for value in of_placement[column] if value is not None), default=None)
            first = min(rows_of(of_placement), key=lambda check: (check["checked_on"], CHECKS.index(check["check_kind"])))
            row["person"], row["start_date"] = first["person"], min(of_placement["start_date"])
            for kind in CHECKS:
                outcomes = [
                    ("unknown" if found is None else "in_job" if found else "lost")
                    for check, found in values_of(of_placement, "check_kind", "in_job")
                    if check == kind
                ]
                row[f"check_{kind}"] = max(outcomes, default="not_checked")
            row["evidence"] = max(
                (value for check, value in values_of(of_placement, "check_kind", "evidence") if check == "start" and value), default=None
            )
            rows.append(row)
        return pd.DataFrame(rows, dtype=object)

    @cached_property
    def sightings(self) -> dict[str, list[dict[str, Any]]]:
        """Records that describe a person, by person, the latest last."""
        found: dict[str, list[dict[str, Any]]] = {}
        for frame, day in ((self.survey, "surveyed_on"), (self.attendance, "held_on")):
            for row in rows_of(frame[frame["person"].notna()]):
                found.setdefault(row["person"], []).append({**row, "seen_on": row[day]})
        for rows in found.values():
            rows.sort(key=lambda row: (row["seen_on"] or date.min, row["batch_id"], row["row_no"]))
        return found

    @cached_property
    def starts(self) -> pd.DataFrame:
        """Job starts, once each, also when a fair and the service centre report it. `areas` is where the person lives."""
        centre = self.checked_placements
        orders = {(row["sender_code"], row["order_no"]): row for row in rows_of(self.orders)}
        starts, reported = [], set()
        at_fairs = self.attendance[[bool(taken) and day is not None for taken, day in values_of(self.attendance, "accepted", "start_date")]]
        for row in rows_of(at_fairs):
            same = [
                other
                for other in rows_of(centre)
                if row["person"] is not None
                and other["person"] == row["person"]
                and other["session_no"] == row["session_no"]
                and other["employer_district"] in (None, row["sender_code"])
                and (other["employer_no"] is None or row["employer_no"] is None or other["employer_no"] == row["employer_no"])
            ]
            same.sort(key=lambda other: (abs(row["start_date"] - other["start_date"]), other["sender_code"], other["placement_no"]))
            checks = {f"check_{kind}": same[0][f"check_{kind}"] if same else "not_checked" for kind in CHECKS}
            if same:
                reported.add((same[0]["sender_code"], same[0]["placement_no"]))
            order = orders.get((row["sender_code"], row["order_no"]))
            starts.append(
                {
                    "unit": row["unit"],
                    "person": row["person"],
                    "start_date": row["start_date"],
                    "channel": "fair",
                    "areas": row["areas"],
                    "groups": set(row["priority_groups"] or ()),
                    "border": row["border"],
                    "days": (row["start_date"] - row["held_on"]).days if row["held_on"] else None,
                    "evidence": same[0]["evidence"] if same else None,
                    "occupation": order["occupation"] if order else "unknown",
                    "session": (row["sender_code"], row["session_no"]),
                    **checks,
                }
            )
        nowhere = self.place(pd.DataFrame({"commune": [None]}, dtype=object), "commune", lambda row: None, None)["areas"].iloc[0]
        for row in rows_of(centre):
            if (row["sender_code"], row["placement_no"]) in reported:
                continue
            seen = [
                sighting
                for sighting in self.sightings.get(row["person"], ())
                if sighting["seen_on"] and sighting["seen_on"] <= row["start_date"]
            ]
            last: dict[str, Any] = seen[-1] if seen else {"areas": nowhere, "priority_groups": (), "border": False}
            # a record without a valid commune names no place of the person
            known = last["areas"][2][1] != "unknown"
            order = orders.get((row["employer_district"], row["order_no"]))
            industry = self.industries.get((row["employer_district"], row["employer_no"]))
            sent, (title, *_) = (
                self.sent_code(row["occupation_code"]),
                self.title(row["job_text"], f"industry:{industry}" if industry else ""),
            )
            occupation = order["occupation"] if order and order["occupation"] != "unknown" else _level_2(sent or title)
            starts.append(
                {
                    "unit": row["person"] or f"placement {row['sender_code']}/{row['placement_no']}",
                    "person": row["person"],
                    "start_date": row["start_date"],
                    "channel": row["channel"],
                    "areas": last["areas"] if known else nowhere,
                    "groups": set(last["priority_groups"] or ()),
                    "border": last["border"],
                    "days": None,
                    "evidence": row["evidence"],
                    "occupation": occupation,
                    "session": None,
                    **{f"check_{kind}": row[f"check_{kind}"] for kind in CHECKS},
                }
            )
        frame = pd.DataFrame(starts, dtype=object)
        frame["sex"] = [self.sex(person) for person in frame["person"]]
        return frame

    def sex(self, person: str | None) -> str:
        """Of the latest record of a person that has an address."""
        rows = self.sightings.get(person or "", [])
        best = [row for row in rows if row["commune_code"] is not None] or rows
        return (best[-1]["sex"] or "unknown") if best else "unknown"

    @cached_property
    def cutoff(self) -> date:
        """The last day that a job order, a session or a check of a placement reports."""
        checks = self.core("placements")
        days = [
            *self.orders["posted_on"],
            *self.orders["closed_on"],
            *self.sessions["held_on"],
            *checks["start_date"],
            *checks["checked_on"],
        ]
        return min(max(day for day in days if day), date.today())

    @cached_property
    def households(self) -> pd.DataFrame:
        """Households of each review; `persons` are those whom a survey within a year of it found under the number in the commune."""
        register = self.place(self.core("poverty_register"), "commune_code", lambda row: row["as_of_date"], "district_code")
        found: dict[tuple[str, str], list[tuple[str, date]]] = {}
        for household, commune, person, day in values_of(self.survey, "household_no", "commune_code", "person", "surveyed_on"):
            if household and person:
                found.setdefault((household, commune), []).append((person, day))
        register["persons"] = [
            {person for person, day in found.get((household, commune), ()) if abs((as_of - day).days) <= 366}
            for household, commune, as_of in values_of(register, "household_no", "commune_code", "as_of_date")
        ]
        return register

    def allowed_days(self, feed: str) -> int:
        """How many days from the first of the period a delivery may take, by the contract."""
        return int(load_contract(feed).sla["latency"]["value"])


def values_of(frame: pd.DataFrame, *names: str) -> list[tuple[Any, ...]]:
    """The values of columns, row by row; what is not known is None."""
    return [
        tuple(None if value is None or (isinstance(value, float) and isnan(value)) else value for value in row)
        for row in zip(*(frame[name] for name in names), strict=True)
    ]


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dictionaries; what is not known is None."""
    return [dict(zip(frame.columns, row, strict=True)) for row in values_of(frame, *frame.columns)]


def _level_2(code: str | None) -> str:
    return code[:2] if code and len(code) >= 2 else "unknown"


def _age(born: date | None, day: date | None) -> int | None:
    return None if born is None or day is None else day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def first_day(period: str) -> date:
    return date.fromisoformat(period + "2023-01-01"[len(period) :])


def last_day(period: str) -> date:
    following = {4: pd.DateOffset(years=1), 7: pd.DateOffset(months=1), 10: pd.DateOffset(days=1)}[len(period)]
    return (pd.Timestamp(first_day(period)) + following - pd.DateOffset(days=1)).date()

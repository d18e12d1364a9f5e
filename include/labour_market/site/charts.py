"""The charts of the page, as Vega-Lite specifications of rows of `bi` views; Vietnamese first, English second."""

from typing import Any

import altair as alt
import pandas as pd

Rows = list[dict[str, Any]]

INK, SUPPLY, DEMAND, GOOD, MUTED = "#1f2a37", "#2f6f8f", "#d98324", "#3b7d4f", "#c9ced6"

# Figures as the text of the page writes them: 1.000,5.
NUMBERS: dict[str, Any] = {
    "numberFormat": ",~f",
    "locale": {"number": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", " ₫"]}},
}

# Where each district lies on a grid of tiles (column, row), north-west to south-east, after the province's own map.
DISTRICT_TILES = {
    "796": (0, 0), "797": (1, 0), "795": (2, 1), "798": (2, 2), "799": (1, 2), "800": (3, 2), "801": (4, 0), "802": (5, 0),
    "803": (5, 1), "804": (4, 2), "794": (4, 3), "808": (4, 4), "805": (5, 3), "806": (6, 3), "807": (6, 2),
}  # fmt: skip

STEPS = [
    ("attended", "Tham dự | attended"),
    ("counselled", "Được tư vấn | counselled"),
    ("interviewed", "Phỏng vấn | interviewed"),
    ("passed", "Đạt | passed"),
    ("offered", "Được mời | offered"),
    ("started", "Bắt đầu làm | started"),
]


def supply_and_demand(rows: Rows, most: int = 15) -> dict[str, Any]:
    """Persons who seek work and openings, for the occupations (VSCO level 2) with most of both.

    rows: occupation (label), seekers, openings.
    """
    frame = pd.DataFrame(rows)
    frame["both"] = frame["seekers"].fillna(0) + frame["openings"].fillna(0)
    frame = frame.nlargest(most, "both")
    long = frame.melt(["occupation", "both"], ["seekers", "openings"], "side", "persons")
    long["side"] = long["side"].map({"seekers": "Người tìm việc | seekers", "openings": "Chỗ làm việc | openings"})
    chart = (
        alt.Chart(long)
        .mark_bar()
        .encode(
            y=alt.Y("occupation:N", sort=frame["occupation"].tolist(), title=None, axis=alt.Axis(labelLimit=340)),
            yOffset="side:N",
            x=alt.X("persons:Q", title="số người, số chỗ làm | persons, openings"),
            color=alt.Color(
                "side:N",
                title=None,
                scale=alt.Scale(range=[DEMAND, SUPPLY]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=["occupation", "side", "persons"],
        )
        .properties(width="container", height=alt.Step(13))
    )
    return _finished(chart)


def fair_funnel(rows: Rows) -> dict[str, Any]:
    """From attending to starting, counted in persons and in visits. rows: measure (persons or visits) and one column a step."""
    long = [
        {"step": label, "order": order, "measure": row["measure"], "count": row[step]}
        for row in rows
        for order, (step, label) in enumerate(STEPS)
    ]
    chart = (
        alt.Chart(pd.DataFrame(long))
        .mark_bar()
        .encode(
            y=alt.Y("step:N", sort=[label for _, label in STEPS], title=None, axis=alt.Axis(labelLimit=240)),
            yOffset="measure:N",
            x=alt.X("count:Q", title="số người, số lượt | persons, visits"),
            color=alt.Color("measure:N", title=None, scale=alt.Scale(range=[MUTED, GOOD]), legend=alt.Legend(orient="top")),
            tooltip=["step", "measure", "count"],
        )
        .properties(width="container", height=alt.Step(16))
    )
    return _finished(chart)


def district_grid(rows: Rows) -> dict[str, Any]:
    """The fifteen districts as tiles, coloured by openings for each person who seeks work; a district without data stays grey.

    rows: district_code, district, seekers, openings, tension (null where nobody seeks).
    """
    known = {row["district_code"]: row for row in rows}
    tiles = pd.DataFrame(
        [
            {
                "column": column,
                "row": row,
                "district": known.get(code, {}).get("district") or code,
                "short": _short(known.get(code, {}).get("district") or code),
                "tension": known.get(code, {}).get("tension"),
                "told": _told(known.get(code, {}).get("tension")),
                "seekers": known.get(code, {}).get("seekers"),
                "openings": known.get(code, {}).get("openings"),
            }
            for code, (column, row) in DISTRICT_TILES.items()
        ]
    )
    base = alt.Chart(tiles).encode(
        x=alt.X("column:O", axis=None), y=alt.Y("row:O", axis=None), tooltip=["district", "seekers", "openings", "tension"]
    )
    tile: dict[str, Any] = {"stroke": "white", "strokeWidth": 4, "cornerRadius": 6}
    unknown = base.mark_rect(color=MUTED, **tile)
    # light enough at both ends for the ink of the names
    shades = alt.Scale(range=["#e4f2f2", "#63b0ba"], zero=True)
    known_ones = base.transform_filter("isValid(datum.tension)").mark_rect(**tile)
    squares = unknown + known_ones.encode(color=alt.Color("tension:Q", title="chỗ / người | ratio", scale=shades))
    names = base.mark_text(fontSize=10, color=INK, dy=-7, limit=90).encode(text="short:N")
    figures = base.mark_text(fontSize=12, fontWeight="bold", color=INK, dy=9).encode(text="told:N")
    return _finished((squares + names + figures).properties(width="container", height=330))


def _told(tension: float | None) -> str:
    """A ratio as a tile shows it; where no openings or no seekers are known there is none."""
    return "–" if tension is None else f"{tension:.2f}".replace(".", ",")


def _short(district: str) -> str:
    """The name without the kind of unit, so that it fits on a tile."""
    for kind in ("Thành phố ", "Thị xã ", "Huyện "):
        district = district.removeprefix(kind)
    return district


def _finished(chart: alt.TopLevelMixin) -> dict[str, Any]:
    styled = chart.configure(font="system-ui, sans-serif", **NUMBERS).configure_view(strokeWidth=0).configure_axis(labelColor=INK)
    specification: dict[str, Any] = styled.to_dict()
    return specification

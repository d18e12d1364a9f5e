"""The charts of the page: Vega-Lite specifications from rows of `bi` views. Labels are Vietnamese first, English second."""

from typing import Any

import altair as alt
import pandas as pd

Rows = list[dict[str, Any]]

INK, SUPPLY, DEMAND, GOOD, MUTED = "#1f2a37", "#2f6f8f", "#d98324", "#3b7d4f", "#c9ced6"

# Numbers in the format of the page's text: 1.000,5.
NUMBERS: dict[str, Any] = {
    "numberFormat": ",~f",
    "locale": {"number": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", " ₫"]}},
}

# The place of each district in a grid of tiles (column, row), from north-west to south-east as on a map of the province.
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
    """A bar chart of job seekers and openings by occupation (VSCO level 2).

    Args:
        rows: With occupation (a label), seekers and openings.
        most: The number of occupations; those with the highest sum are drawn.
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
    """A bar chart of the steps of a job fair, from attending to starting. rows: with measure (persons or visits) and a column for each step."""
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
    """A grid of the fifteen districts, coloured by openings per job seeker; a district without data is grey.

    Args:
        rows: With district_code, district, seekers, openings and tension (null where there are no seekers).
    """
    by_code = {row["district_code"]: row for row in rows}
    tiles = pd.DataFrame(
        [
            {
                "column": column,
                "row": row,
                "district": by_code.get(code, {}).get("district") or code,
                "short": _short(by_code.get(code, {}).get("district") or code),
                "tension": by_code.get(code, {}).get("tension"),
                "label": _format_ratio(by_code.get(code, {}).get("tension")),
                "seekers": by_code.get(code, {}).get("seekers"),
                "openings": by_code.get(code, {}).get("openings"),
            }
            for code, (column, row) in DISTRICT_TILES.items()
        ]
    )
    base = alt.Chart(tiles).encode(
        x=alt.X("column:O", axis=None), y=alt.Y("row:O", axis=None), tooltip=["district", "seekers", "openings", "tension"]
    )
    tile: dict[str, Any] = {"stroke": "white", "strokeWidth": 4, "cornerRadius": 6}
    without_data = base.mark_rect(color=MUTED, **tile)
    # both ends are light enough for the text on the tiles
    shades = alt.Scale(range=["#e4f2f2", "#63b0ba"], zero=True)
    with_data = base.transform_filter("isValid(datum.tension)").mark_rect(**tile)
    squares = without_data + with_data.encode(color=alt.Color("tension:Q", title="chỗ / người | ratio", scale=shades))
    names = base.mark_text(fontSize=10, color=INK, dy=-7, limit=90).encode(text="short:N")
    figures = base.mark_text(fontSize=12, fontWeight="bold", color=INK, dy=9).encode(text="label:N")
    return _finished((squares + names + figures).properties(width="container", height=330))


def _format_ratio(tension: float | None) -> str:
    """The ratio as text; a dash where there is no ratio."""
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

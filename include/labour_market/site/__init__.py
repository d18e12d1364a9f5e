"""The page: the latest figures of the province's labour market, and the quality of the data behind them.

It is one file that loads nothing from other addresses, rendered from the views of `bi` with the role that BI tools use.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from jinja2 import Environment, PackageLoader, StrictUndefined
from psycopg.rows import dict_row

from labour_market.contracts import load_contracts
from labour_market.database import connect
from labour_market.figures.headlines import read_headlines
from labour_market.settings import PROVINCE_TIME, Settings, load_settings, make_private_folder
from labour_market.site import charts, queries



def render(settings: Settings | None = None) -> Path:
    """Write the page and return its path. Raises psycopg.Error when the warehouse or a view of `bi` is missing."""
    import vl_convert

    settings = settings or load_settings()
    with connect("bi_reader", settings) as connection:
        figures = read_headlines(connection)
        answers = {name: _rows(connection, query) for name, query in queries.QUERIES.items()}
    page = _template().render(
        figures=figures,
        answers=answers,
        states=queries.STATES,
        meanings=queries.MEANINGS,
        feeds_vi={feed: contract.title_vi for feed, contract in load_contracts().items()},
        charts={name: _json(draw(answers[name])) for name, draw in CHARTS.items() if answers[name]},
        vega=vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"),
        made_at=datetime.now(PROVINCE_TIME),
    )
    make_private_folder(settings.site_dir)
    partial, path = settings.site_dir / ".index.html.new", settings.site_dir / "index.html"
    partial.touch(mode=0o600)
    partial.write_text(page, encoding="utf-8")
    partial.replace(path)  # readers get the old page or the new one, never a part
    return path


CHARTS = {
    "supply_demand": charts.supply_and_demand,
    "funnel": charts.fair_funnel,
    "districts": charts.district_grid,
}


def _rows(connection: psycopg.Connection, query: str) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode()).fetchall()


def _json(specification: dict[str, Any]) -> str:
    """JSON that is safe within a script element, for any text in the data."""
    return json.dumps(specification, default=float, ensure_ascii=False).replace("<", "\\u003c")


def _template() -> Any:
    environment = Environment(loader=PackageLoader(__package__, "."), autoescape=True, undefined=StrictUndefined)
    environment.filters["number"] = lambda value: "–" if value is None else f"{value:,}".translate(str.maketrans(",.", ".,"))
    environment.filters["percent"] = lambda value: "–" if value is None else f"{100 * value:.1f} %".replace(".", ",")
    environment.filters["day"] = lambda value: "–" if value is None else f"{value:%d/%m/%Y}"
    environment.filters["moment"] = lambda value: "–" if value is None else f"{value.astimezone(PROVINCE_TIME):%d/%m/%Y %H:%M}"
    return environment.get_template("page.html")

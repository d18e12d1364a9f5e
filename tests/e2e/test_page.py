"""The page in a real browser: it draws its charts, lists every blocked batch, and loads nothing from other hosts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from labour_market import site, transform
from labour_market.contracts import load_order
from labour_market.database import connect
from labour_market.gateway import load_senders
from labour_market.ingestion.pipeline import ingest
from labour_market.settings import load_settings
from playwright.sync_api import Page, sync_playwright
from simulator import build_province, serve

from tests.conftest import program

pytestmark = pytest.mark.browser

# for each chart: whether it is fully visible, and the text above it
CHARTS = """[...document.querySelectorAll('.chart')].map(
    chart => [chart.scrollWidth <= chart.clientWidth, getComputedStyle(chart, '::before').content])"""


@pytest.fixture
def page_file(warehouse, monkeypatch, tmp_path) -> Path:
    """The page of a small default night, rendered from the marts."""
    monkeypatch.setenv("LMW_HOME", str(load_settings().home))
    with serve(build_province(tmp_path / "province", scale=0.1)) as gateway:
        gateway.write_senders(tmp_path / "senders.yml")
        monkeypatch.setenv("LMW_SENDERS", str(tmp_path / "senders.yml"))
        ingest(load_senders(load_settings().senders_file), load_order())
    transform.build()
    return site.render()


@pytest.fixture
def page(page_file) -> Iterator[Page]:
    """The page, open in headless Chromium; any request that leaves the file fails the test."""
    chromium = program("chromium", "chromium-browser", "google-chrome")
    outside: list[str] = []
    errors: list[str] = []
    with sync_playwright() as playwright:
        flags = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        opened = browser.new_page(viewport={"width": 1240, "height": 900})
        opened.on("request", lambda request: None if request.url.startswith(("file:", "data:")) else outside.append(request.url))
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        opened.goto(page_file.as_uri())
        yield opened
        browser.close()
    assert outside == []
    assert errors == []


def test_the_page_draws_every_chart_and_names_every_blocked_batch(page, page_file):
    for chart in ("supply_demand", "funnel", "districts"):
        page.wait_for_selector(f"#chart-{chart}[data-drawn=yes]", timeout=20_000)
        assert page.locator(f"#chart-{chart} svg path").count() > 5, f"{chart} is empty"
        drawn, given = (page.locator(place).bounding_box() for place in (f"#chart-{chart} svg", f".chart:has(#chart-{chart})"))
        assert drawn and given and 0.9 <= drawn["width"] / given["width"] <= 1, f"{chart} is cut or leaves its place empty"
    with connect("bi_reader") as connection:
        blocked = connection.execute("select batch_id, reason_vi from bi.blocked_batches order by batch_id").fetchall()
    assert len(blocked) >= 6
    printed = page.locator("#blocked-batches tr").all_inner_texts()[1:]
    assert len(printed) == len(blocked)
    for (batch_id, reason), text in zip(blocked, printed, strict=True):
        assert text.strip().startswith(str(batch_id))
        assert reason.rstrip(".") in " ".join(text.split())
    assert page.locator(".figure").count() == 5
    assert all(figure.strip()[0].isdigit() for figure in page.locator(".figure b").all_inner_texts())
    assert page.locator("#freshness .nothing_due").count() > 0, "a district without fairs is not missing"
    assert page.locator("#coding-quality tr").count() > 15, "every district with its share of coded jobs"
    assert page.locator("#coding-queue").count() == 1
    for width, is_wide_enough in ((1240, True), (390, False), (360, False)):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"), f"the page overflows at {width}px"
        for fits, hint in page.evaluate(CHARTS):
            assert fits == is_wide_enough
            assert ("Kéo ngang" in hint) == (not fits), f"a chart that scrolls at {width}px has a hint, and no other"
    page.reload()
    page.wait_for_selector("#chart-supply_demand[data-drawn=yes]", timeout=20_000)
    longest = "Math.max(...[...document.querySelectorAll('#chart-supply_demand svg .mark-rect path')].map(bar => bar.getBBox().width))"
    assert page.evaluate(longest) > 100, "on a phone the chart has bars and not only labels"
    text = page_file.read_text(encoding="utf-8")
    assert 'src="http' not in text
    assert 'href="http' not in text

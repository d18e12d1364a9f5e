"""The charts of the page, rendered as a browser renders them."""

import re

import vl_convert
from labour_market.site import charts


def test_charts_write_figures_as_the_text_of_the_page_does():
    funnel = charts.fair_funnel([{"measure": "Người", **{step: 5000 for step, _ in charts.STEPS}}])
    labels = re.findall(r">([^<>]+)</text>", vl_convert.vegalite_to_svg(funnel))
    assert {"0", "1.000", "5.000"} <= set(labels)
    tiles = [{"district_code": code, "district": code, "seekers": 12345, "openings": 1, "tension": 2.25} for code in ("794", "795")]
    drawn = vl_convert.vegalite_to_svg(charts.district_grid(tiles))
    assert {"2,25", "0,5"} <= set(re.findall(r">([^<>]+)</text>", drawn))
    assert "seekers: 12.345" in drawn

"""Every kind of picture where it has the least room, as a browser measures it."""

import html
import json
import re

import numpy as np
import pytest

from pertoken.present.charts import Axis, waterfall
from pertoken.present.charts_backtest import Judged, judged
from pertoken.present.charts_concentration import concentration
from pertoken.present.charts_crossover import Line, crossover
from pertoken.present.charts_fan import forecast_fan
from pertoken.present.charts_heatmap import heatmap
from pertoken.present.charts_months import Spread, by_month, fan
from pertoken.present.charts_tornado import Swing, tornado
from pertoken.present.charts_worlds import histogram
from pertoken.present.drawing import svg
from pertoken.present.look import CSS

EVIL = "<script>alert(1)</script> '\"\\ & a name that goes on and on"
MONTHS = [f"{2027 + index // 12}-{index % 12 + 1:02}" for index in range(24)]
USD, COUNT = Axis("USD"), Axis("Tokens a day", "count")


def spread(size, step=1.0, start=0.0):
    """Bands that grow from month to month."""
    months = np.arange(size)
    return Spread(*((start + step * months * share).tolist() for share in (-1, 2, 5, 11, 17)))


def pictures():
    rng = np.random.default_rng(11)
    names = [f"{EVIL} {index}" for index in range(9)]
    at = np.linspace(1e6, 3e9, 31)
    skew = np.exp(rng.normal(0, 1.3, 5_003)) * 1e5 - 8e4
    wide = {name: rng.uniform(-9e6, 9e6, 24).tolist() for name in names}
    narrow = {name: rng.uniform(0, 9, 13).tolist() for name in names[:3]}
    many = [Swing(name, EVIL, EVIL, -1e6 * rank, 2e6 * (rank - 4)) for rank, name in enumerate(names)]
    one_side = [Swing("a", "0.5 tokens", "0.7 tokens", 12, 19), Swing("b", "1", "2", 8, 9)]
    lines = [Line(f"{n} {EVIL}", at * n + 3e9 / n) for n in (1, 2, 3)]
    powers = Axis("Tokens", "count", log=True)
    return {
        "fan": fan(MONTHS, spread(24, 1e6), {name: [1e6 * n] * 24 for n, name in enumerate(names[:5])}, title="USD"),
        "close": fan(MONTHS, spread(24, 1e-6, 0.6), {"Base": [0.6] * 24}, title="Margin share", kind="share"),
        "month": fan(MONTHS[:1], spread(1, start=5), title="USD"),
        "bars": by_month(MONTHS, wide, title="USD", net=EVIL),
        "areas": by_month(MONTHS[:13], narrow, title="USD", mark="area"),
        "tornado": tornado(many, 1e5, title="USD"),
        "one_side": tornado(one_side, 10, title="USD"),
        "crossover": crossover(at, lines, x=COUNT, y=USD),
        "powers": crossover(at, [Line("API", at * 5e-6), Line("own", 2e3 + at * 1e-6)], x=powers, y=USD),
        "skew": histogram(skew, x=USD),
        "alike": histogram(np.full(7, 5e6), x=USD, loss=None),
        "forecast": forecast_fan(
            [(month, 1e6) for month in MONTHS[:11]],
            MONTHS[11:],
            spread(13, 1e5, 1e6),
            title="USD",
            called={"p25": "commit", "p50": "plan", "p75": "stretch"},
            beside={name: [2e6] * 13 for name in names[:3]},
        ),
        "ahead": forecast_fan([], MONTHS[:1], spread(1, start=5), title="USD"),
        "whales": concentration(names, [9e6, 4, 3, 3, 3, 2, 2, 2, 1]),
        "customers": concentration([f"{EVIL} {i}" for i in range(10_007)], np.exp(rng.normal(0, 2, 10_007)).tolist()),
        "cohorts": heatmap(
            [(name, "10,007") for name in names], [[1.0] * (13 - row) for row in range(9)], title="Months"
        ),
        "many_cohorts": heatmap([(m, "7") for m in MONTHS], [[1.2] * (24 - r) for r in range(24)], title="Months"),
        "judged": judged(
            [
                Judged(name, {each: 0.01 * (i + 1) ** (k % 5) for k, each in enumerate(names)}, 0.1 * i, 0.0, 1.0)
                for i, name in enumerate(names)
            ]
        ),
        "judged_once": judged([Judged("total", {"pertoken": 0.004}, 0.8, 0.2, 0.9)]),
        "bridge": waterfall([("Revenue", 1e6), (EVIL, -7e5)], ("Margin", 3e5), title="USD"),
    }


@pytest.fixture(scope="module")
def drawn():
    return {name: svg(spec, name=name) for name, spec in pictures().items()}


MEASURE = """<script>
const found = [];
for (const figure of document.querySelectorAll("figure")) {
  const frame = figure.querySelector("svg").getBoundingClientRect();
  const words = [...figure.querySelectorAll("text")].filter(
    t => t.textContent && !t.getAttribute("stroke") && t.getAttribute("opacity") !== "0");
  const boxes = words.map(t => [t.textContent, t.getBoundingClientRect()]);
  boxes.forEach(([text, a], index) => {
    if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1)
      found.push([figure.id, "outside", text]);
    for (const [other, b] of boxes.slice(0, index))
      if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3)
        found.push([figure.id, other, text]);
  });
}
document.body.setAttribute("data-found", JSON.stringify(found));
document.body.setAttribute("data-words", document.querySelectorAll("text").length);
</script>"""


def test_no_words_of_a_picture_lie_on_each_other_or_outside(chromium, drawn, tmp_path):
    figures = "".join(f'<figure id="{name}">{picture}</figure>' for name, picture in drawn.items())
    page = tmp_path / "all.html"
    head = f"<!DOCTYPE html><meta charset=utf-8><style>{CSS}</style>"
    page.write_text(f"{head}<body>{figures}{MEASURE}", encoding="utf-8")
    seen = chromium(page.as_uri())
    (found,), (words,) = (re.findall(rf'data-{name}="([^"]*)"', seen) for name in ("found", "words"))
    assert int(words) > 150
    assert json.loads(html.unescape(found)) == []


def test_a_script_in_a_name_stays_a_name(drawn):
    assert not [name for name, picture in drawn.items() if "<script" in picture]
    assert "&lt;script&gt;" in drawn["tornado"]

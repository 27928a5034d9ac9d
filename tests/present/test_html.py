"""The page: escaped, self-contained, and no wider than a phone."""

import html
import re

import pytest

from pertoken.present.charts import bars
from pertoken.present.html import page
from pertoken.present.numbers import DIGIT_SPACE
from pertoken.present.sheet import Chart, Column, Figure, Figures, Note, Sheet, Table
from tests.browser import tags

EVIL = "<script>alert(1)</script>\"'&"
PHONE = 390


@pytest.fixture(scope="module")
def text(statement):
    return page(statement)


def test_the_page_is_well_formed_and_says_its_language(text):
    found = tags(text)
    assert ("html", {"lang": "en"}) in found
    assert [tag for tag, _ in found].count("title") == 2  # the page's and the picture's


def test_the_page_asks_for_nothing(text):
    links = [address for address in re.findall(r"https?://[^\s\"'<]+", text) if "www.w3.org" not in address]
    assert links == []
    assert "@import" not in text
    names = {name for _, attributes in tags(text) for name in attributes}
    assert not names & {"src", "href", "xlink:href", "action", "onload", "onclick"}
    assert not {tag for tag, _ in tags(text)} & {"script", "link", "iframe", "object"}


def test_the_policy_forbids_what_is_not_inside(text):
    policies = [a["content"] for _, a in tags(text) if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_a_script_in_a_name_is_inert():
    table = Table("t", EVIL, (Column("name", EVIL, "text", EVIL),), ((EVIL,),), note=EVIL)
    chart = Chart("c", EVIL, lambda: bars([(EVIL, 1)], title=EVIL), EVIL, "t")
    figures = Figures((Figure("f", EVIL, EVIL, "text", EVIL, EVIL),))
    text = page(Sheet(EVIL, EVIL, (figures, chart, table, Note(EVIL)), {EVIL: EVIL}))
    assert "script" not in {tag for tag, _ in tags(text)}
    assert "<script" not in text
    assert html.escape(EVIL) in text


def test_a_picture_is_described_in_words(text, statement):
    pictures = [attributes for tag, attributes in tags(text) if tag == "svg"]
    assert [picture["role"] for picture in pictures] == ["img"]
    for name in pictures[0]["aria-labelledby"].split():
        assert f'id="{name}"' in text
    assert f">{statement.of(Chart)[0].alt}</desc>" in text


def test_headers_say_what_they_head(text, customers):
    heads = [attributes.get("scope") for tag, attributes in tags(text) if tag == "th"]
    assert heads.count("col") == len(customers.columns)
    assert heads.count("row") == len(customers.rows) + 1  # and the total
    assert "<caption>Customers</caption>" in text


def test_unit_money_of_many_sizes_is_not_padded_but_amounts_to_add_up_are():
    columns = (Column("per", "Per", "unit_money", "USD"), Column("amount", "Amount", "exact", "USD"))
    text = page(Sheet("T", "", (Table("t", "T", columns, ((1294.59, 2.5), (0.00150359, 2.25))),)))
    assert '<td class="number">1,294.59</td>' in text
    assert '<td class="number">0.00150359</td>' in text
    assert f'<td class="number">2.5{DIGIT_SPACE}</td>' in text


def test_two_charts_on_one_page_share_no_identifier():
    table = Table("t", "T", (Column("name", "Name", "text"),), ())
    charts = [Chart(name, name, lambda: bars([("a", 1)], title="t"), "alt", "t") for name in ("one", "two")]
    names = [a["id"] for _, a in tags(page(Sheet("T", "", (table, *charts)))) if "id" in a]
    assert len(names) == len(set(names))


PROBE = """<!DOCTYPE html><body><iframe style="width:{width}px;height:800px;border:0" srcdoc="{inner}"></iframe><script>
addEventListener("load", () => {{
  const page = document.querySelector("iframe").contentDocument.documentElement;
  document.body.setAttribute("data-width", page.scrollWidth);
  document.body.setAttribute("data-height", page.scrollHeight);
}});</script></body>"""


def test_a_phone_scrolls_only_down(chromium, text, tmp_path):
    probe = tmp_path / "probe.html"
    probe.write_text(PROBE.format(width=PHONE, inner=html.escape(text)), encoding="utf-8")
    seen = chromium(probe.as_uri())
    size = {name: int(pixels) for name, pixels in re.findall(r'data-(width|height)="(\d+)"', seen)}
    assert size["width"] <= PHONE
    assert size["height"] > 1000  # the page was there

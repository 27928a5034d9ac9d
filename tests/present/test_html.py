"""The page: escaped, self-contained, and no wider than a phone."""

import html
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from pertoken.present.charts import bars
from pertoken.present.html import page
from pertoken.present.numbers import DIGIT_SPACE
from pertoken.present.sheet import Chart, Column, Figure, Figures, Note, Sheet, Table

VOID = {"meta", "link", "br", "img", "hr", "input"}
EVIL = "<script>alert(1)</script>\"'&"
PHONE = 390


class Tags(HTMLParser):
    """All start tags with their attributes; end tags must match."""

    def __init__(self):
        super().__init__()
        self.found, self.open = [], []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def tags(text):
    parser = Tags()
    parser.feed(text)
    assert parser.open == []
    return parser.found


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


@pytest.fixture(scope="module")
def chromium():
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("chromium is not installed; the page must be looked at in CI")
    if found is None:
        pytest.skip("chromium is not installed; nobody looked at the page")
    return found


QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=5000",
]
PROBE = """<!DOCTYPE html><body><iframe style="width:{width}px;height:800px;border:0" srcdoc="{inner}"></iframe><script>
addEventListener("load", () => {{
  const page = document.querySelector("iframe").contentDocument.documentElement;
  document.body.setAttribute("data-width", page.scrollWidth);
  document.body.setAttribute("data-height", page.scrollHeight);
}});</script></body>"""


def test_a_phone_scrolls_only_down(chromium, text, tmp_path):
    probe = tmp_path / "probe.html"
    probe.write_text(PROBE.format(width=PHONE, inner=html.escape(text)), encoding="utf-8")
    command = [chromium, *QUIET, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", probe.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    size = {name: int(pixels) for name, pixels in re.findall(r'data-(width|height)="(\d+)"', done.stdout)}
    assert size["width"] <= PHONE
    assert size["height"] > 1000  # the page was there

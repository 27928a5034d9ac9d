"""The page of a model: every number leads somewhere, names stay names, and nothing is asked of anybody."""

import html
import re
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.present.charts import bars
from pertoken.present.model_page import laid, page
from pertoken.present.model_view import Check, Grid, GridRow, ModelPage, Origin, Quantity, Shown, grid, underneath
from pertoken.present.sheet import Chart, Column, Note, Table
from tests.browser import tags
from tests.serve import serve

__all__ = ["serve"]

EVIL = "<script>alert(1)</script>\"'& <b>"
PHONE = 390
ORIGIN = Origin("three-tiers.yaml", "9f3c1b", "20261122", "10,000", "2026-11-20", "0.1.0")


def quantities():
    return (
        Quantity("users", "Monthly users", "users", "12,000", source="Analytics", as_of="2026-10-31",
                 low="10,500", middle="12,050", high="14,000"),
        Quantity("price", "Price", "USD / month", "5.00", source="Price list", as_of="2026-11-01"),
        Quantity("tokens", "Tokens of a user", "tokens", "900"),
        Quantity("revenue", "Revenue", "USD", "60,000.00", "users * price", ("users", "price"), kind="formula",
                 low="52,500.00", middle="60,250.00", high="70,000.00", cases=(("Low", "50,000.00"),),
                 months=(("2027-01", "9,000.00"), ("2027-02", "51,000.00"))),
        Quantity("cost", "Cost", "USD", "−21,600.00", "users * tokens", ("users", "tokens"), kind="rated"),
        Quantity("margin", "Margin", "USD", "38,400.00", "revenue + cost", ("revenue", "cost"), kind="formula",
                 low="31,000.00", high="48,000.00"),
        Quantity("p_loss", "Probability of a loss", "of worlds", "0.3 %", "share of worlds where margin < 0",
                 ("margin",), kind="worlds"),
    )  # fmt: skip


def view(**changes):
    cells = (Shown("50,000.00", "revenue"), Shown("60,000.00", "revenue"))
    scenarios = Grid("cases", "Named cases", ("Low", "Base"), (GridRow("Revenue", "USD", cells),), "A month")
    swing = Grid("swing", "Swings", ("Margin at low",), (GridRow("Price", "USD", (Shown("−3,000.00", "margin"),)),))
    chart = Chart("tornado", "What matters most?", lambda: bars([("Price", 3)], title="USD"), "One bar.", "swing")
    checks = (Check("margin > 0", held=True, of=("margin",)), Check("p_loss < 0.1 %", held=False, found="0.3 %"))
    whole = ModelPage(
        "Three tiers", "Margin is 38,400 USD a month.", ("revenue", "margin", "p_loss"), scenarios, (chart,), (swing,),
        checks, quantities(), ORIGIN, (Note("Prices are list prices."),),
    )  # fmt: skip
    return replace(whole, **changes)


@pytest.fixture(scope="module")
def text():
    return page(view())


def panel(text, name):
    """The words of a quantity's panel."""
    (found,) = re.findall(rf'<section class="q" id="q-{name}".*?</section>', text, re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found)))


def test_the_page_is_whole_and_asks_for_nothing(text):
    found = tags(text)
    assert not {tag for tag, _ in found} & {"script", "link", "iframe", "object", "img", "form"}
    assert not {name for _, attributes in found for name in attributes} & {"src", "xlink:href", "action", "onclick"}
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_every_link_leads_to_a_place_on_the_page(text):
    links = [attributes["href"] for tag, attributes in tags(text) if tag == "a"]
    places = {attributes["id"] for _, attributes in tags(text) if "id" in attributes}
    assert len(links) > 20
    assert {link[1:] for link in links} - {"-"} <= places
    assert {link[0] for link in links} == {"#"}


def test_every_number_of_a_table_is_a_link(text):
    main = text[: text.index('class="q"')]
    cells = re.findall(r'<td class="number[^"]*">(.*?)</td>', main)
    bare = [cell for cell in cells if not cell.startswith("<a ")]
    assert len(cells) > 6
    assert set(bare) == {"10,500 to 14,000", "certain"}  # the ranges of inputs


def test_a_panel_says_formula_parts_value_and_certainty(text):
    words = panel(text, "revenue")
    assert "60,000.00 USD" in words
    assert "P10 52,500.00 P50 60,250.00 P90 70,000.00" in words
    assert "revenue = users * price" in words
    assert "Monthly users 12,000 users Analytics, 2026-10-31" in words
    assert "Low 50,000.00" in words
    assert "<pre>2027-01   9,000.00\n2027-02  51,000.00</pre>" in text
    assert "Rests on 2 inputs, the oldest as of 2026-10-31." in words


def test_an_input_says_where_it_comes_from_and_whether_it_is_certain(text):
    assert "Price list, as of 2026-11-01" in panel(text, "price")
    assert "certain: the same in every world" in panel(text, "price")
    assert "no source given" in panel(text, "tokens")


def test_a_figure_lists_every_input_underneath_and_others_count_them(text):
    assert "Every input underneath Monthly users" in panel(text, "margin")
    assert "Rests on 3 inputs, the oldest as of 2026-10-31, 1 without a source." in panel(text, "margin")
    assert "Every input underneath" not in panel(text, "cost")


def test_a_statistic_of_all_worlds_is_not_called_certain(text):
    assert "one number of all worlds together" in panel(text, "p_loss")
    assert "certain" not in panel(text, "p_loss")


def test_a_broken_check_is_said_at_the_top_and_stands_first(text):
    assert "1 of 2 checks does not hold" in text
    assert text.index('<b class="no">broken</b>') < text.index("<b>holds</b>")
    assert "does not hold" not in page(view(checks=(Check("margin > 0", held=True),)))


def test_a_page_of_one_number_has_no_empty_parts():
    alone = Quantity("users", "Users", "users", "7", kind="formula")
    text = page(ModelPage("T", "", ("users",), None, (), (), (), (alone,), ORIGIN))
    empty = ("<h2>Checks", "<h2>Inputs", '<div class="pictures', "<aside", "<ul", "<details")
    assert not [part for part in empty if part in text]
    assert "Users" in panel(text, "users")


def test_the_foot_says_what_the_numbers_rest_on(text):
    foot = html.unescape(re.sub(r"<[^>]+>", " ", text[text.index("<footer>") :]))
    assert all(word in foot for word in ("three-tiers.yaml", "9f3c1b", "20261122", "10,000", "2026-11-20", "0.1.0"))


def test_the_numbers_of_a_picture_stand_below_it_once():
    chart = view().charts[0]
    text = page(view(charts=(chart, replace(chart, name="again"))))
    assert text.count("The numbers: Swings") == 1
    assert text.index("What matters most?") < text.index("The numbers: Swings")


def test_a_script_in_any_text_stays_text():
    evil = Quantity(EVIL, EVIL, EVIL, EVIL, EVIL, (EVIL,), EVIL, EVIL, EVIL, EVIL, "formula", EVIL,
                    ((EVIL, EVIL),), ((EVIL, EVIL),))  # fmt: skip
    given_ = replace(evil, name="given " + EVIL, of=(), kind="input")
    sheet = Grid("g", EVIL, (EVIL,), (GridRow(EVIL, EVIL, (Shown(EVIL, EVIL),)),), EVIL, EVIL)
    chart = Chart("c", EVIL, lambda: bars([(EVIL, 1)], title=EVIL), EVIL, "g")
    text = page(
        ModelPage(
            EVIL, EVIL, (EVIL,), replace(sheet, name="s"), (chart,), (sheet, replace(sheet, name="h")),
            (Check(EVIL, held=False, found=EVIL, of=(EVIL,)),), (evil, given_), Origin(*[EVIL] * 6), (Note(EVIL),),
        )
    )  # fmt: skip
    found = tags(text)
    assert "script" not in {tag for tag, _ in found}
    assert "<script" not in text
    assert {attributes["href"] for tag, attributes in found if tag == "a"} == {"#-", "#checks", *(
        f"#{attributes['id']}" for _, attributes in found if attributes.get("class") == "q"
    )}  # fmt: skip
    assert html.escape(EVIL) in text


def test_a_number_that_leads_nowhere_is_refused():
    with pytest.raises(ValueError, match=r"\['nobody'\], none of them a quantity"):
        view(figures=("nobody",))
    with pytest.raises(ValueError, match="a chart's grid"):
        view(grids=())
    with pytest.raises(ValueError, match=r"quantities of the page share the name \['users'\]"):
        view(quantities=(*quantities(), quantities()[0]))
    with pytest.raises(ValueError, match="has 1 cells; expected 2"):
        Grid("g", "t", ("a", "b"), (GridRow("r", "", (Shown("1"),)),))


@given(st.lists(st.sets(st.integers(0, 7)), min_size=8, max_size=8))
def test_the_inputs_underneath_are_those_that_can_be_reached_rings_or_not(parts):
    """Oracle: the transitive closure by repeated squaring of the matrix of parts."""
    made = [
        Quantity(str(i), "", "", "", of=tuple(map(str, sorted(of))), kind="formula" if of else "input")
        for i, of in enumerate(parts)
    ]
    reach = np.array([[other in of for other in range(8)] for of in parts])
    for _ in range(3):
        reach = reach | (reach @ reach)
    for i in range(8):
        assert underneath(made)[str(i)] == tuple(str(j) for j in range(8) if reach[i, j] and not parts[j])


def test_a_table_of_a_sheet_becomes_a_grid_with_its_numbers_written_as_everywhere():
    columns = (Column("month", "Month", "text"), Column("margin", "Margin", "money", "USD"))
    table = Table("by_month", "Months", columns, (("2027-01", Decimal(-284)), ("2027-02", None)), "A note.")
    made = grid(table, [{"margin": "margin@2027-01"}, {}])
    assert made.columns == ("Margin, USD",)
    assert [row.cells for row in made.rows] == [(Shown("−284.00", "margin@2027-01"),), (Shown("–"),)]
    assert (made.name, made.corner, made.note, made.rows[0].label) == ("by_month", "Month", "A note.", "2027-01")


@given(st.integers(1, 11), st.integers(1, 37))
def test_a_wide_grid_is_laid_in_tables_that_fit_and_keeps_every_number(lines, columns):
    rows = tuple(GridRow(f"r{i}", "USD", tuple(Shown(f"{i}/{j}") for j in range(columns))) for i in range(lines))
    parts = laid(Grid("g", "t", tuple(f"m{j}" for j in range(columns)), rows))
    assert all(len(part.columns) <= 12 for part in parts)
    texts = [cell.text for part in parts for row in part.rows for cell in row.cells]
    assert sorted(texts) == sorted(f"{i}/{j}" for i in range(lines) for j in range(columns))


def many(size):
    """A model whose every line rests on inputs and on the line before."""
    given_ = Quantity("", "", "USD / 1M tokens", "12.50", source="Vendor's price page", as_of="2026-11-20",
                      low="10.00", high="15.00")  # fmt: skip
    line = Quantity("", "", "USD", "−12,345,678.90", "requests * output_tokens * price.output / 1e6",
                    kind="rated", low="−15,000,000.00", high="−10,000,000.00")  # fmt: skip
    inputs = size // 10
    made = [replace(given_, name=f"in{i}", label=f"Input number {i}") for i in range(inputs)]
    for i in range(size - inputs):
        of = (f"in{i % inputs}", f"in{7 * i % inputs}", *([f"line{i - 1}"] if i else []))
        made.append(replace(line, name=f"line{i}", label=f"Cost of output tokens, line {i}", of=of))
    return tuple(made)


def test_two_thousand_quantities_make_less_than_two_megabytes():
    lines = many(2000)
    rows = tuple(
        GridRow(f"Line {i}", "USD", tuple(Shown("−12,345,678.90", f"line{24 * i + j}") for j in range(24)))
        for i in range(70)
    )
    table = Grid("all", "All lines", tuple(f"m{j}" for j in range(24)), rows)
    whole = view(quantities=(*quantities(), *lines), grids=(*view().grids, table), figures=("revenue", "line1700"))
    text = page(whole)
    assert text.count('class="q"') == 2007
    assert len(text.encode()) < 2_000_000


PROBE = """<!DOCTYPE html><body><iframe style="width:{width}px;height:800px;border:0" src="/page.html"></iframe><script>
const frame = document.querySelector("iframe"), wait = ms => new Promise(done => setTimeout(done, ms));
const shown = () => [...frame.contentDocument.querySelectorAll(".q")].filter(q => q.getClientRects().length);
const say = (name, value) => document.body.setAttribute("data-" + name, value);
const names = () => shown().map(q => q.id).join();
addEventListener("load", async () => {{
  const inside = frame.contentWindow, page = frame.contentDocument;
  say("width", page.documentElement.scrollWidth);
  say("height", page.documentElement.scrollHeight);
  say("closed", names());
  inside.scrollTo(0, 400);
  page.querySelector(".figures a[href='#q-margin']").click();
  await wait(200);
  say("opened", names());
  say("focus", page.activeElement.id);
  say("scroll", inside.scrollY);
  say("width-open", page.documentElement.scrollWidth);
  shown()[0].querySelector("a[href='#q-revenue']").click();
  await wait(200);
  say("further", names());
  inside.history.back();
  await wait(300);
  say("back", names());
  shown()[0].querySelector(".x").click();
  await wait(200);
  say("away", names());
  say("scroll-away", inside.scrollY);
  say("asked", inside.performance.getEntriesByType("resource").length);
}});</script></body>"""


@pytest.mark.parametrize("width", [PHONE, 1280])
def test_a_number_opens_its_panel_in_place_and_the_way_back_closes_it(chromium, serve, text, width):
    at = serve({"/page.html": text.encode(), "/probe.html": PROBE.format(width=width).encode()})
    seen = dict(re.findall(r'data-([a-z-]+)="([^"]*)"', chromium(f"{at}/probe.html")))
    assert int(seen["width"]) <= width
    assert int(seen["width-open"]) <= width
    assert int(seen["height"]) > 800  # the page was there
    assert seen["closed"] == ""
    assert seen["opened"] == seen["focus"] == "q-margin"
    assert seen["further"] == "q-revenue"
    assert seen["back"] == "q-margin"
    assert seen["away"] == ""
    assert seen["scroll"] == seen["scroll-away"] == "400"
    assert seen["asked"] == "0"


def test_the_page_of_a_name_that_is_no_identifier_opens_too(chromium, serve):
    """The address names the panel; a browser must find it whatever is in the name."""
    names = ("price.pro per 1k <b>", "маржа@2027-01", "50%25 & more#1")
    made = tuple(Quantity(name, name, "USD", "1.00") for name in names)
    text = page(view(quantities=(*quantities(), *made), figures=names))
    probe = """<!DOCTYPE html><body><iframe src="/page.html"></iframe><script>
    addEventListener("load", async () => {
      const page = document.querySelector("iframe").contentDocument;
      const found = [];
      for (const link of page.querySelectorAll(".figures a")) {
        link.click();
        await new Promise(done => setTimeout(done, 200));
        found.push(page.querySelector(".q:target").getAttribute("aria-label"));
      }
      document.body.setAttribute("data-found", found.join("|"));
    });</script></body>"""
    at = serve({"/page.html": text.encode(), "/probe.html": probe.encode()})
    (found,) = re.findall(r'data-found="([^"]*)"', chromium(f"{at}/probe.html"))
    assert html.unescape(found).split("|") == list(names)

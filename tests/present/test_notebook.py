"""A sheet in a notebook: in its colours, whole, and inert."""

import html
import re
from dataclasses import replace

from pertoken.present.charts import bars
from pertoken.present.notebook import fragment
from pertoken.present.numbers import show
from pertoken.present.sheet import Chart, Column, Figure, Figures, Note, Sheet, Table
from pertoken.present.view import view
from tests.browser import tags

EVIL = "<script>alert(1)</script>\"'&"


def test_a_notebook_sees_figures_picture_table_notes_and_what_they_rest_on(statement, customers):
    text = fragment(statement)
    words = html.unescape(text)
    assert all(show(figure.value, figure.kind) in words for figure in statement.figures)
    assert text.count("<svg") == 1
    assert text.count('<th scope="row">') == len(customers.rows) + 1  # and the total
    assert all(note.text in words for note in statement.of(Note))
    assert "cost card providers-2026-09.yaml" in words
    assert "<details" not in text


def test_a_second_picture_and_a_second_table_are_folded(statement, customers):
    (chart,) = statement.of(Chart)
    more = (replace(chart, name="second", title="Which else?"), replace(customers, name="others", title="Others"))
    found = tags(fragment(replace(statement, blocks=(*statement.blocks, *more))))
    assert [tag for tag, _ in found].count("details") == 2
    assert [tag for tag, _ in found].count("svg") == 2


def test_two_sheets_of_one_notebook_share_no_identifier(statement):
    texts = [fragment(sheet) for sheet in (statement, replace(statement, title="Statement for October"))]
    first, second = ({a["id"] for _, a in tags(text) if "id" in a} for text in texts)
    assert first
    assert not first & second


def test_its_rules_hold_inside_only_and_fix_no_colour(statement):
    (style,) = re.findall(r"<style>(.*?)</style>", fragment(statement), re.DOTALL)
    assert all(line.startswith(".pertoken") for line in style.strip().splitlines())
    assert not re.search(r"#[0-9a-f]{3,6}\b|rgb|prefers-color-scheme", style)


def test_a_script_in_a_name_is_inert_in_a_notebook():
    table = Table("t", EVIL, (Column("name", EVIL, "text", EVIL),), ((EVIL,),), note=EVIL)
    chart = Chart("c", EVIL, lambda: bars([(EVIL, 1)], title=EVIL), EVIL, "t")
    figures = Figures((Figure("f", EVIL, EVIL, "text", EVIL, EVIL),))
    text = fragment(Sheet(EVIL, EVIL, (figures, chart, table, Note(EVIL), replace(table, name="u")), {EVIL: EVIL}))
    assert "script" not in {tag for tag, _ in tags(text)}
    assert "<script" not in text


def test_a_view_shows_itself_as_this_fragment(statement):
    assert view(statement)._repr_html_() == fragment(statement)

"""One way in for every text format."""

import pytest

from pertoken.present import RENDERERS, render


@pytest.mark.parametrize("form", RENDERERS)
def test_every_format_carries_the_same_finding(statement, form):
    assert ("20,442.03" if form in {"table", "md", "html"} else "1452.98") in render(statement, form)


def test_a_format_that_is_not_known_is_said(statement):
    with pytest.raises(ValueError, match="expected one of table, json, csv, md, html"):
        render(statement, "pdf")


def test_a_terminal_is_as_wide_as_it_is(statement):
    lines = render(statement, "table", width=200).splitlines()
    assert 80 < max(map(len, lines)) <= 200

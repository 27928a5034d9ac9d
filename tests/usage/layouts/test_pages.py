"""Pages of reports: which are there, and which are not."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.usage.layouts.pages import Tail, missing, overlapping, results, tail
from tests.usage.layouts.conftest import layout

START = datetime(2026, 1, 1)  # noqa: DTZ001  moments of reports carry no zone


def tails(count: int) -> list[Tail]:
    """A report in pages of a day."""
    days = [START + timedelta(days=n) for n in range(count + 1)]
    return [Tail("costs", day, after, more=n + 1 < count) for n, (day, after) in enumerate(pairwise(days))]


@given(st.integers(1, 7), st.randoms(use_true_random=False))
def test_a_report_with_all_its_pages_lacks_none_in_any_order(count, random):
    pages = tails(count)
    random.shuffle(pages)
    assert missing([*pages, pages[0]]) == ()
    assert overlapping([*pages, pages[0]]) == ()


@given(st.integers(2, 7), st.data())
def test_one_page_that_is_left_out_is_named_once(count, data):
    """The first page can't be missed: nothing says that it was there."""
    gone = data.draw(st.integers(1, count - 1))
    found = missing([page for n, page in enumerate(tails(count)) if n != gone])
    assert len(found) == 1
    assert found[0].startswith(f"page {gone + 1} of costs is missing")


def test_a_bucket_that_stands_alone_is_a_page_of_one():
    bucket = {"object": "bucket", "start_time": 1767225600, "end_time": 1767312000, "results": [{"object": "x"}]}
    assert [each.start for each in results(bucket)] == [START]
    assert tail(bucket) == Tail("x", START, START + timedelta(days=1), more=False)


def test_an_empty_page_holds_nothing_and_lacks_nothing():
    page = {"object": "page", "data": [], "has_more": False, "next_page": None}
    assert list(results(page)) == []
    assert missing([tail(page)]) == ()


@pytest.mark.parametrize("name", ["openai-usage", "openai-costs", "anthropic-usage", "anthropic-costs"])
def test_pages_of_other_things_that_begin_at_a_time_are_no_report(name):
    spans = {"data": [{"start_time": "2026-01-19T10:00:00Z", "starting_at": "2026-01-19T10:00:00Z", "type": "SPAN"}]}
    known = layout(name).recognise
    assert known is not None
    assert not known(spans)
    assert not known(spans["data"][0])

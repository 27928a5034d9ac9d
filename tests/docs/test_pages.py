"""Every example on every page does what the page says."""

import pytest

from tests.docs.page import ROOT, run_page

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_page_is_true(page, folder):
    run_page(page, folder)

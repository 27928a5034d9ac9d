"""A page as a browser sees it: its tags, and what it becomes in Chromium."""

import os
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

Browse = Callable[..., str]
VOID = {"meta", "link", "br", "img", "hr", "input"}
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


@pytest.fixture(scope="session")
def chromium(tmp_path_factory) -> Browse:
    """Open an address in Chromium; returns the page as it then is."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("chromium is not installed; the page must be looked at in CI")
    if found is None:
        pytest.skip("chromium is not installed; nobody looked at the page")
    profile = tmp_path_factory.mktemp("profile")

    def browse(address: str, *options: str) -> str:
        command = [found, *QUIET, *options, f"--user-data-dir={profile}", "--dump-dom", address]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout

    return browse

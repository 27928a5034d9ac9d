"""Every relative link on a page leads somewhere."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt

from tests.house import tree


def targets(page: str) -> Iterator[str]:
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(page):
        for child in token.children or []:
            target = child.attrGet("href") or child.attrGet("src")
            if target:
                yield str(target)


def broken(page: Path) -> Iterator[str]:
    for target in targets(page.read_text(encoding="utf-8")):
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc and parts.path and not (page.parent / unquote(parts.path)).exists():
            yield target


def test_every_relative_link_resolves():
    found = [f"{tree.place(page)}: {target}" for page in tree.pages() for target in broken(page)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[gone](gone.md)", ["gone.md"]),
        ("![gone](gone.png)", ["gone.png"]),
        ("| a |\n| --- |\n| [gone](gone.md#part) |", ["gone.md#part"]),
        ("[here](here.md#part), [top](#top), [far](https://vendor.example/x), `[code](no.md)`", []),
    ],
)
def test_a_broken_link_is_found(tmp_path, text, expected):
    page = tmp_path / "here.md"
    page.write_text(text)
    assert list(broken(page)) == expected

"""The house speaks of itself alone: no machine's folders, no addresses of package indexes."""

import re
from collections.abc import Iterator

import pytest

from tests.house import tree

# Put together here, so that this file does not find itself.
FOLDERS = ("work", "tmp", "root", "home", "opt", "Users")
HOSTS = (
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("python", "org/simple"),
    ("anaconda", "org"),
    ("npmjs", "org"),
    ("deb", "debian", "org"),
)
OPTIONS = ("index-url", "find-links", "trusted-host")
FORBIDDEN = re.compile(
    "|".join(
        (
            rf"(?<![\w.)}}\]~*-])/({'|'.join(FOLDERS)})/",
            *(re.escape(".".join(host)) for host in HOSTS),
            rf"--(extra-)?({'|'.join(OPTIONS)})\b",
        )
    )
)


def findings(text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        for found in FORBIDDEN.finditer(line):
            yield f"{number}: {found.group()}"


def test_no_file_names_a_machine_or_an_index():
    found = [
        f"{tree.place(path)}:{what}"
        for path in tree.files()
        if (text := tree.text(path)) is not None
        for what in findings(text)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "parts",
    [
        ("cd /", "work", "/main"),
        ("path = '/", "tmp", "/x'"),
        ("file://", "/", "work/x"),
        ("https://", "pypi", ".org/project/x"),
        ("pip install -", "-index-url x"),
        ("pip install -", "-extra-index-url x"),
    ],
)
def test_a_bad_line_is_found(parts):
    assert list(findings("".join(parts)))


@pytest.mark.parametrize("line", ["https://vendor.example/home/prices", "ls ./work/logs", "a/tmp/b", "${HOME}/home/x"])
def test_a_good_line_passes(line):
    assert not list(findings(line))

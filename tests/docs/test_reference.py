"""The reference has all that is public, and all that a page imports; what it names is there."""

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pertoken as pt
from tests.docs.page import ROOT

DIRECTIVE = re.compile(r"\.\. auto(function|class|module):: ([\w.]+)\n((?:   :.*\n)*)")
MEMBERS = re.compile(r":members:(.*)")
IMPORTS = re.compile(r"^from (pertoken[\w.]*) import (\([\w, \n]+\)|[\w, ]+)$", re.MULTILINE)


def found(name):
    """What a dotted name means; None where there is no such thing."""
    place, _, last = name.rpartition(".")
    home = import_module(place)
    if hasattr(home, last):
        return getattr(home, last)
    return import_module(name) if hasattr(home, "__path__") and find_spec(name) else None


def described():
    """Full names of all that the reference describes; a module counts where its members are listed."""
    for page in sorted((ROOT / "docs" / "reference").glob("*.md")):
        for kind, name, options in DIRECTIVE.findall(page.read_text(encoding="utf-8")):
            yield name
            listed = MEMBERS.search(options)
            if kind == "module" and listed:
                asked = [each.strip() for each in listed[1].split(",") if each.strip()]
                own = [each for each in vars(import_module(name)) if not each.startswith("_")]
                yield from (f"{name}.{each}" for each in asked or own)


def imported(page: Path):
    """Full names of what the examples of a page import from inside the house."""
    for place, names in IMPORTS.findall(page.read_text(encoding="utf-8")):
        yield from (f"{place}.{name}" for name in re.findall(r"\w+", names) if place != "pertoken")


NAMES = sorted({*described()})


def test_what_the_reference_names_is_there():
    assert [name for name in NAMES if found(name) is None] == []


def test_the_reference_has_each_public_name():
    here = {id(found(name)) for name in NAMES}
    assert [name for name in pt.__all__ if id(getattr(pt, name)) not in here] == []


def test_the_reference_has_what_pages_import():
    here = {id(found(name)) for name in NAMES}
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    asked = {name for page in pages for name in imported(page)}
    assert len(asked) > 5
    assert sorted(name for name in asked if id(found(name)) not in here) == []

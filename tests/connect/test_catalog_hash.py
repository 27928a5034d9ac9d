"""A catalog names its hash, which is read from the cache folder and still that of its rows."""

import json

import pytest

from pertoken.catalog.text import digest, lines
from pertoken.catalog.words import named
from pertoken.connect.catalogs import read_catalog

OVERLAY = """\
per: 1_000_000
rates:
  - {provider: acme, model: m-1, output_tokens: PRICE}
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setenv("PERTOKEN_CACHE", str(tmp_path / "cache"))
    model = {"id": "m-1", "match": {"equals": "m-1"}, "prices": {"input_mtok": 3, "output_mtok": 4}}
    book, ours = tmp_path / "book.json", tmp_path / "ours.yaml"
    book.write_text(json.dumps([{"id": "acme", "name": "Acme", "api_pattern": "acme", "models": [model]}]))
    ours.write_text(OVERLAY.replace("PRICE", "7"))
    return book, ours


def _reckoned(catalog):
    return digest(lines(catalog))


def test_the_kept_hash_is_that_of_the_rows_and_changes_with_a_file(files, tmp_path):
    book, ours = files
    first = read_catalog(book, [ours])
    assert first.hash == _reckoned(first)
    (kept,) = (tmp_path / "cache").glob("hash-*")
    again = read_catalog(book, [ours])
    assert again.hash == first.hash == kept.read_text()
    assert named(again).endswith(f" #{first.hash[:8]}")
    ours.write_text(OVERLAY.replace("PRICE", "8"))
    changed = read_catalog(book, [ours])
    assert changed.hash == _reckoned(changed) != first.hash


def test_a_kept_hash_that_is_cut_off_is_reckoned_anew(files, tmp_path):
    book, _ = files
    whole = read_catalog(book).hash
    (kept,) = (tmp_path / "cache").glob("hash-*")
    kept.write_text(whole[:9])
    assert read_catalog(book).hash == whole == kept.read_text()


def test_the_bundled_catalog_names_its_hash():
    catalog = read_catalog()
    assert named(catalog) == f"{catalog.name} #{catalog.hash[:8]}"

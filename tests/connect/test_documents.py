"""JSON comes in object by object: lines, arrays, pages, packed; what is broken is named with its line."""

import gzip
import json

import pytest

from pertoken.connect.documents import documents, first_of_each
from pertoken.core.errors import Fault

ONE, TWO = {"a": 1, "b": "ä\n]}"}, {"a": [2, {"c": 3}]}


def read(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [(line, found) for _, line, found in documents([str(path)])]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"{json.dumps(ONE)}\n\n{json.dumps(TWO)}\n", [1, 3]),
        (f"{json.dumps(ONE)}\n{json.dumps(TWO)}", [1, 2]),
        (f"\ufeff{json.dumps(ONE)}\n{json.dumps(TWO)}", [1, 2]),
        (f"[{json.dumps(ONE)}, {json.dumps(TWO)}]", [1, 1]),
        (f"[\n{json.dumps(ONE)},\n{json.dumps(TWO)}\n]\n", [2, 3]),
        (f"{json.dumps(ONE, indent=1)}\n{json.dumps(TWO, indent=1)}", [1, 5]),
        (json.dumps([ONE, TWO], indent=2), [2, 6]),
    ],
)
def test_objects_are_found_in_every_way_they_are_written(tmp_path, text, lines):
    assert read(tmp_path / "log.json", text) == list(zip(lines, (ONE, TWO), strict=True))


def test_a_packed_file_is_read_as_a_plain_one(tmp_path):
    assert read(tmp_path / "log.jsonl.gz", gzip.compress(f"{json.dumps(ONE)}\n".encode())) == [(1, ONE)]


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        (f'{json.dumps(ONE)}\n{{"a": 1, "b"', "line 2", '{"a": 1, "b"'),
        (f'[{json.dumps(ONE)},\n{{"a": 1', "line 2", '{"a": 1'),
        (f"[{json.dumps(ONE)},\n", "line 2", "the end of the file"),
        (f"{json.dumps(ONE)}\n7\n", "line 2", "7"),
        (f'{json.dumps(ONE)}\n{{"a": NaN}}\n', "line 2", "NaN"),
    ],
)
def test_what_is_broken_is_named_with_its_line(tmp_path, text, where, found):
    first, (_, fault) = read(tmp_path / "log.json", text)
    assert first == (1, ONE)
    assert isinstance(fault, Fault)
    assert fault.where.endswith(where)
    assert found in fault.found
    assert "one whole JSON object was expected" in fault.mend


def test_a_file_that_is_cut_off_while_packed_is_a_fault(tmp_path):
    whole = gzip.compress("".join(json.dumps({"n": i * 7919}) + "\n" for i in range(5000)).encode())
    *good, (_, fault) = read(tmp_path / "log.jsonl.gz", whole[: len(whole) // 2])
    assert good
    assert isinstance(fault, Fault)
    assert "unpacked" in fault.found


def test_an_array_longer_than_the_window_is_read_to_its_end(tmp_path):
    rows = [{"n": n, "text": "é" * 1000} for n in range(3001)]
    assert [found["n"] for _, found in read(tmp_path / "log.json", json.dumps(rows, ensure_ascii=False, indent=1))] == [
        row["n"] for row in rows
    ]


def test_a_document_longer_than_the_window_is_read_whole(tmp_path):
    page = {"data": [{"n": n, "text": "x" * 1000} for n in range(3001)]}
    ((line, found),) = read(tmp_path / "log.json", json.dumps(page, indent=1))
    assert (line, found) == (1, page)


def test_the_first_objects_of_each_file_tell_its_format(tmp_path):
    paths = [tmp_path / name for name in ("a.jsonl", "b.jsonl")]
    for path in paths:
        path.write_text(f"{json.dumps(ONE)}\n" * 200)
    found = [file for file, _, _ in first_of_each([str(path) for path in paths])]
    assert set(found) == {str(path) for path in paths}
    assert len(found) < 400


def test_whoever_waits_is_told_how_far_it_is(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(f"{json.dumps(ONE)}\n" * 9000)
    told: list[float] = []
    assert sum(1 for _ in documents([str(path)], watch=told.append)) == 9000
    assert told == sorted(told)
    assert 0 < told[-1] <= 1

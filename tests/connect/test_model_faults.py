"""What is wrong with a model file is told at once: file, line, found, expected, mend."""

import re
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pertoken
from pertoken.connect.models import model_from, read_model
from pertoken.connect.yaml_file import read
from pertoken.core.errors import InputError
from tests.made import faults

HEAD = "model: m\ncalendar: {start: 2027-01, months: 12}\n"
"""Stands above each case, so that its first line is the third."""

CASES = [*faults(Path(__file__).with_name("model_faults.txt"))]
"""Models with one thing wrong: `### what`, what stands below `HEAD`, `=>` and how the message begins."""


@pytest.mark.parametrize(("text", "message"), CASES)
def test_a_fault_is_told_with_its_line(tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    Path("m.yaml").write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(InputError, match=f"(?m)^{re.escape(message)}"):
        read_model("m.yaml")


def test_all_faults_are_told_at_once_in_the_order_of_the_file(tmp_path):
    file = tmp_path / "m.yaml"
    file.write_text(
        HEAD
        + dedent("""\
        assumptions:
          a: {value: 10, p10: 12, p90: 11}
          b: many
        costs: {c: {formula: 2, in: 2029-01}}
        scenarios: {s: {z: 3, b: 4}}
        checks: {k: [1]}
        """)
    )
    with pytest.raises(InputError) as caught:
        read_model(file)
    assert [each.where for each in caught.value.faults] == [f"{file}:{line}" for line in (4, 5, 6, 7, 8)]


def test_a_fault_that_follows_from_another_is_not_told(tmp_path):
    file = tmp_path / "m.yaml"
    file.write_text(HEAD + "assumptions: {a: {value: 10, p10: 12, p90: 11}}\nscenarios: {s: {a: 4}}\n"
                    "plans: {pro: 3}\nsegments: {s: {plan: pro}}\n"
                    "correlations: [{between: [a, segments.s.start], rank: 0.1}]\n")  # fmt: skip
    with pytest.raises(InputError) as caught:
        read_model(file)
    assert [each.found.partition(":")[0] for each in caught.value.faults] == [
        "impossible range of a",
        "plan pro is 3",
        "no input 'segments.s.start'",
    ]


@pytest.mark.parametrize("text", ["- 1", "plan: pro", "model:", "3"])
def test_a_file_that_is_no_model_says_so(tmp_path, text):
    file = tmp_path / "m.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match="not a model; expected `model: NAME` at the top"):
        read_model(file)


@pytest.mark.parametrize(
    "calendar", [None, 3, {}, {"start": "2027-13", "months": 2}, {"start": "2027-01", "months": 0}]
)
def test_a_calendar_that_is_none_is_refused(calendar):
    with pytest.raises(InputError, match=r"calendar|start|months"):
        model_from({"model": "m", "calendar": calendar})


def paths(data, path=()):
    """List the places of a plain value."""
    yield path
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, each in items:
        yield from paths(each, (*path, key))


def put(data, path, value):
    """Put another value at a place."""
    if not path:
        return value
    if isinstance(data, dict):
        return {key: put(each, path[1:], value) if key == path[0] else each for key, each in data.items()}
    return [put(each, path[1:], value) if i == path[0] else each for i, each in enumerate(data)]


WHOLE = {
    name: read((Path(pertoken.__file__).parent / "examples" / f"{name}.yaml").read_text(encoding="utf-8"), name).data
    for name in ("tiers", "hybrid", "summary")
}
ODD: list[Any] = [
    None, True, 0, -1, Decimal("1e30"), "", "x", "a b", "1 +", "3%", "2027-13", [], [1], {}, {"value": 2}, {"a": {}},
]  # fmt: skip


@given(name=st.sampled_from(sorted(WHOLE)), value=st.sampled_from(ODD), data=st.data())
@settings(max_examples=40)
def test_a_model_with_anything_odd_anywhere_is_read_or_refused_by_its_faults(name, value, data):
    path = data.draw(st.sampled_from([*paths(WHOLE[name])][1:]))
    try:
        model_from(put(WHOLE[name], path, value), source="m.yaml")
    except InputError as error:
        assert error.faults  # noqa: PT017  some odd things are right somewhere


@pytest.mark.parametrize("part", [
    "assumptions", "drivers", "segments", "workloads", "plans", "vendors", "levers", "costs", "income", "events",
    "correlations", "scenarios", "checks", "units",
])  # fmt: skip
@pytest.mark.parametrize("value", [3, [4], "x", {"a": None}, {"a": [1]}, {"a": "b: c"}, {"a": {"b": []}}, {"": 1}])
def test_a_part_of_a_wrong_shape_is_a_fault_and_never_a_crash(part, value):
    try:
        model_from({"model": "m", "calendar": {"start": "2027-01", "months": 2}, part: value})
    except InputError as error:
        assert error.faults  # noqa: PT017  some shapes are right for some parts

"""Mapping files: YAML that says what the columns of a log mean, with file and line for what is wrong."""

import pytest

from pertoken.connect.mappings import read_mapping, with_period
from pertoken.core.errors import InputError
from pertoken.usage.schema import LogMapping


def mapping(tmp_path, text):
    path = tmp_path / "map.yaml"
    path.write_text(text)
    return read_mapping(path)


def test_all_that_can_be_said_is_read(tmp_path):
    said = mapping(
        tmp_path,
        """\
time: started
request_id: call
keys: {customer: tenant, model: request.model}
meters: {input_tokens: usage.in, x_credits: credits}
includes: {input_tokens: [cache_read_tokens], output_tokens: []}
ignore: [idle]
constants: {plan: pro}
timezone: Europe/Berlin
""",
    )
    assert said == LogMapping(
        time="started",
        request_id="call",
        keys={"customer": "tenant", "model": "request.model"},
        meters={"input_tokens": "usage.in", "x_credits": "credits"},
        includes={"input_tokens": ("cache_read_tokens",), "output_tokens": ()},
        ignore=("idle",),
        constants={"plan": "pro"},
        timezone="Europe/Berlin",
        source=str(tmp_path / "map.yaml"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time: a\nmetres: {}\n", r"map\.yaml:2: unknown word 'metres'; did you mean meters\?"),
        ("meters:\n  input_toks: a\n", r"map\.yaml:2: unknown meter 'input_toks'; did you mean input_tokens\?"),
        ("includes: {input_tokens: [cached]}\n", r"map\.yaml:1: unknown meter 'cached'"),
        ("timezone: Europe/Berln\n", r"map\.yaml:1: unknown time zone 'Europe/Berln'; did you mean Europe/Berlin\?"),
        ("meters: [a]\n", r"map\.yaml:1: meters is \['a'\]; expected a valid dictionary"),
        ("- a\n", r"map\.yaml:1: not a mapping; expected `meters: "),
        ("meters: {a: b\n", r"map\.yaml:2: not YAML"),
        ("time: a\ntime: b\n", r"map\.yaml:2: 'time' stands twice in one place; keep one"),
        ("", r"map\.yaml: the file is empty"),
    ],
)
def test_what_is_wrong_has_its_place(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        mapping(tmp_path, text)


def test_all_that_is_wrong_is_told_at_once(tmp_path):
    with pytest.raises(InputError) as caught:
        mapping(tmp_path, "metres: {}\nkeys: 3\n")
    assert len(caught.value.faults) == 2


def test_a_mapping_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "map.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not text in UTF-8"):
        read_mapping(path)


@pytest.mark.parametrize(
    ("label", "grain"),
    [("2026-01-31T09", "hour"), ("2026-01-31", "day"), ("2026-01", "month"), ("2026-Q1", "quarter"), ("2026", "year")],
)
def test_a_period_is_known_by_its_form(label, grain):
    assert with_period(None, label).constants == {grain: label}


def test_a_period_is_added_to_what_a_mapping_says():
    said = with_period(LogMapping(constants={"plan": "pro"}, time="t"), "2026-01")
    assert said.constants == {"plan": "pro", "month": "2026-01"}
    assert said.time == "t"


@pytest.mark.parametrize("label", ["January", "2026-13", "2026-02-30", "2026-Q5", "26-01", ""])
def test_what_is_no_period_is_refused(label):
    with pytest.raises(InputError, match="is no period; expected for example 2026-01"):
        with_period(None, label)

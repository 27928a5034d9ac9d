"""YAML comes in exactly as it is written, with the line of each part."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.connect.yaml_file import read
from pertoken.core.errors import InputError

D = Decimal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", D("0.1")),
        ("0.10", D("0.10")),
        ("1e6", D("1e6")),
        ("1.5E-9", D("1.5e-9")),
        ("-2.50", D("-2.50")),
        ("+2.5", D("2.5")),
        (".5", D("0.5")),
        ("5.", D(5)),
        ("1_000.50", D("1000.50")),
        ("0.00000000000000000001", D("1e-20")),
        ("1_000_000", 1_000_000),
        ("1000000", 1_000_000),
        ("-7", -7),
        ("2026", 2026),
        ("'0.1'", "0.1"),
        ('"1_000"', "1_000"),
        ("'true'", "true"),
        ("'null'", "null"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("True", "True"),
        ("2026-09-01", "2026-09-01"),
        ("12:30:45", "12:30:45"),
        ("1.2.3", "1.2.3"),
        ("1.5.", "1.5."),
        ("0x10", "0x10"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("gpt-4o", "gpt-4o"),
        ("1e", "1e"),
        ("_1", "_1"),
    ],
)
def test_a_value_is_what_it_says(text, value):
    found = read(f"a:\n  {text}", "f").data["a"]
    assert (found, type(found)) == (value, type(value))


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_every_decimal_that_is_written_is_read_exactly(number):
    found = read(f"a: {number}", "f").data["a"]
    assert found == number
    assert not isinstance(found, float)


@given(st.text(alphabet="0123456789._+eE", min_size=1, max_size=9))
def test_what_looks_like_a_number_is_that_number_or_stays_a_text(text):
    (found,) = read(f"[{text}]", "f").data
    assert found == text if isinstance(found, str) else found == Decimal(text.replace("_", ""))


def test_on_and_other_old_truths_are_names():
    assert read("on: [a]\nno: 1\nyes: off", "f").data == {"on": ["a"], "no": 1, "yes": "off"}


def test_numbers_as_keys_are_names():
    assert read("4: a\n4.5: b\ntrue: c", "f").data == {"4": "a", "4.5": "b", "true": "c"}


TEXT = """\
# a comment
card: v

rates:
  - {model: a, input_tokens: 1}
  - model: b
    input_tokens: 2
prices:
  base:
    curve: [{flat: 1},
            {rate: 2}]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1 + 1),
        (("card",), 2),
        (("rates",), 4),
        (("rates", 0), 5),
        (("rates", 0, "input_tokens"), 5),
        (("rates", 1), 6),
        (("rates", 1, "input_tokens"), 7),
        (("prices", "base", "curve", 0, "flat"), 10),
        (("prices", "base", "curve", 1), 11),
        (("prices", "base", "measure"), 9),
        (("nothing", "of", "that"), 2),
    ],
)
def test_each_part_knows_its_line_and_what_is_missing_the_line_around_it(path, line):
    document = read(TEXT, "card.yaml")
    assert document.line(path) == line
    assert document.place(path) == f"card.yaml:{line}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "^f.yaml:3: 'a' stands twice in one place; keep one$"),
        ("a:\n  b: 1\n  b: 2", "^f.yaml:3: 'b' stands twice"),
        ("a: 1\n\tb: 2", "^f.yaml:2: not YAML: found character '\\\\t'"),
        ("a: [1, 2", "^f.yaml:1: not YAML: expected"),
        ("a: 1\n b: 2", "^f.yaml:2: not YAML: mapping values are not allowed here"),
        ("a: 1\n---\nb: 2", "^f.yaml:2: not YAML: but found another document"),
        ("a: *b", "^f.yaml:1: not YAML: found undefined alias"),
        ("a: \x07", "^f.yaml: not YAML: "),
        ("", "^f.yaml: the file is empty$"),
        ("# only a comment\n", "^f.yaml: the file is empty$"),
    ],
)
def test_what_is_not_yaml_is_refused_with_its_line(text, message):
    with pytest.raises(InputError, match=message):
        read(text, "f.yaml")

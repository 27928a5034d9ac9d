"""What is owed whatever is used, by hand."""

import pytest

from pertoken.books.allocate import allocate
from pertoken.books.committed import committed
from pertoken.rating.rate import rate
from tests.made import card, usage

FEE = (
    "plan: pro\nprices:\n  base: {curve: [{flat: 20}]}\n  tokens: {measure: {sum: input_tokens}, curve: [{rate: 0.01}]}"
)
LEAST = "plan: big\nprices:\n  tokens: {measure: {sum: input_tokens}, curve: [{rate: 0.01}]}\nclamp: {min: 25}"
PREPAID = """\
plan: prepaid
prices:
  tokens: {measure: {sum: input_tokens, window: month}, curve: [{rate: 0.02}]}
pools:
  - {id: bundle, unit: tokens, grant: 1000, every: month, price: 10, eligible: [tokens], unused: forfeit}
"""
JANUARY, FEBRUARY = (("acme", f"2026-0{month}", "input_tokens", tokens) for month, tokens in ((1, 1_000), (2, 4_000)))


def split(text, *rows):
    own = card(text)
    rated = rate(usage("customer month meter", *rows), [own], exact=False)
    made = committed(allocate(rated.parts, ["customer"]), [own])
    return [(row["month"], pytest.approx(row["amount"]), pytest.approx(row["committed"])) for row in made.records()]


def test_a_fee_is_owed_and_use_is_not():
    assert split(FEE, JANUARY, FEBRUARY) == [("2026-01", 30, 20), ("2026-02", 60, 20)]


def test_use_up_to_the_minimum_is_owed_and_so_is_what_makes_it_up():
    """10 of use is raised to 25, all owed; of 40 of use 25 are owed."""
    assert split(LEAST, JANUARY, FEBRUARY) == [("2026-01", 25, 25), ("2026-02", 40, 25)]


def test_what_was_prepaid_is_owed_and_what_goes_beyond_is_not():
    """1,000 tokens are in the bundle of 10; 3,000 more at 0.02."""
    assert split(PREPAID, JANUARY, FEBRUARY) == [("2026-01", 10, 10), ("2026-02", 70, 10)]

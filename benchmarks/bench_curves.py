"""120,000 customer-months charged by a curve of five graduated tiers, by NumPy and by SQL on DuckDB.

Floors: the normal form by hand in NumPy, `k = searchsorted(bounds, q); a[k] + b[k] * q`; and the same by hand in SQL, a
CASE in DOUBLE, which is fast and off by a cent now and then. Ours in SQL is exact DECIMAL; both are summed in the
database. The split of a year into months (`progressive`) races the same curve on the totals, which need no split.
"""

from decimal import Decimal

import duckdb
import numpy as np
import pytest

from pertoken.core.money import to_exact
from pertoken.engines.convert_sql import Counted
from pertoken.engines.curve_sql import curve
from pertoken.rating.card import Convert, Curve, Tier
from pertoken.rating.curve import evaluate, normal_form, per_unit, progressive

TIERS = ((100, "0.02"), (1000, "0.015"), (10_000, "0.01"), (100_000, "0.008"), (None, "0.005"))
CURVE = Curve(
    mode="marginal",
    tiers=tuple(Tier(up_to=None if up_to is None else Decimal(up_to), rate=Decimal(each)) for up_to, each in TIERS),
)
PER = Convert(per=Decimal(1000))
FORM = per_unit(normal_form(CURVE), PER.per)
BOUNDS, A, B = (np.array([float(x) for x in numbers]) for numbers in (FORM.up_to, FORM.a, FORM.b))
MOST = Decimal(10) ** 12


def quantities(customers, months):
    drawn = np.random.default_rng(7).lognormal(13, 2, size=customers * months)
    return np.minimum(np.floor(drawn), float(MOST) - 1).astype(np.int64)


def by_hand(q):
    k = np.searchsorted(BOUNDS, q)
    return A[k] + B[k] * q


@pytest.fixture
def many(full):
    return quantities(10_000, 12) if full else quantities(11, 12)


def test_numpy_charges_little_more_slowly_than_its_arithmetic(many, race):
    q = many.astype(float)
    np.testing.assert_allclose(evaluate(FORM, q), by_hand(q), rtol=1e-12)
    race("evaluate 120,000, NumPy", lambda: evaluate(FORM, q), lambda: by_hand(q), target=2.0, rounds=51)


def test_a_split_year_costs_a_few_curves(many, race):
    q, starts = many.astype(float), np.arange(0, len(many), 12)
    totals = np.add.reduceat(q, starts)
    np.testing.assert_allclose(np.add.reduceat(progressive(FORM, q, starts), starts), by_hand(totals), rtol=1e-9)
    race("progressive 120,000, NumPy", lambda: progressive(FORM, q, starts), lambda: by_hand(q), target=None, rounds=21)


def test_decimals_in_sql_cost_a_few_times_the_floats(many, race):
    with duckdb.connect() as con:
        con.register("numbers", {"q": many})
        con.execute("CREATE TABLE counted AS SELECT q FROM numbers")
        ours = f"SELECT sum({curve(normal_form(CURVE), Counted('q', most=MOST), how=PER)}) FROM counted"
        cases = " ".join(f"WHEN q <= {u} THEN {a} + {b}::DOUBLE * q" for u, a, b in zip(BOUNDS, A, B, strict=False))
        floor = f"SELECT sum(CASE {cases} ELSE {A[-1]} + {B[-1]}::DOUBLE * q END) FROM counted"
        exact = evaluate(FORM, to_exact(many)).sum()
        assert con.execute(ours).fetchall() == [(exact,)]
        assert con.execute(floor).fetchall()[0][0] == pytest.approx(float(exact), rel=1e-9)
        race(
            "curve 120,000, DuckDB",
            lambda: con.execute(ours).fetchall(),
            lambda: con.execute(floor).fetchall(),
            target=2.0,
            rounds=21,
        )

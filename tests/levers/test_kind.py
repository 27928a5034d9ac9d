"""Levers against the formulas of the field, rated on cards at the multiples that vendors ask."""

import re
from functools import cache
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.levers.effect import Add, Move, move
from pertoken.levers.kind import LEVERS
from pertoken.levers.pipeline import Chosen, effects
from pertoken.rating.rate import rate
from tests.made import card, money, usage

N, T, U = 1000, 800, 200  # requests, input and output tokens of each
LINES = usage(
    "workload model batch service_tier meter",
    ("chat", "large", "false", "standard", "requests", N),
    ("chat", "large", "false", "standard", "input_tokens", N * T),
    ("chat", "large", "false", "standard", "output_tokens", N * U),
)
OWN = {"x_embeddings": "0.5", "x_verifications": "3", "x_wrong_answers": "24", "x_compressed_tokens": "0.01"}
"""Money for what levers use themselves."""


@cache
def vendor(write="1.25", read="0.1"):
    """A large model at 1 and 5 a token, a small one at a tenth, batches at half; and what levers use themselves."""
    own = "\n".join(f"      {m}: {{measure: {{sum: {m}}}, curve: [{{rate: {p}}}]}}" for m, p in OWN.items())
    return card(f"""
    card: vendor
    rounding: null
    rates:
      - {{model: large, input_tokens: 1, output_tokens: 5, cache_read_tokens: {read}, cache_write_tokens: {write}}}
      - {{model: large, batch: true, input_tokens: 0.5, output_tokens: 2.5}}
      - {{model: large, service_tier: flex, input_tokens: 0.5, output_tokens: 2.5}}
      - {{model: small, input_tokens: 0.1, output_tokens: 0.5, cache_read_tokens: 0.01, cache_write_tokens: 0.125}}
    prices:
{own}
    """)


def bill(*chosen, terms=None):
    """The bill in all, after levers, in units of a request on the large model."""
    after = move(LINES, effects(chosen))
    return money(rate(after, terms or vendor(), exact=False).ledger) / (N * C)


C = T * 1 + U * 5
SMALL = C / 10


def lever(kind, to=None, **numbers):
    return Chosen(name=kind, kind=kind, where={"workload": "chat"}, numbers=numbers, to=to or {})


share = st.floats(0, 1)
few = settings(max_examples=20)


@pytest.mark.parametrize(("write", "hit"), [("1.25", 0.25 / 1.15), ("2", 1 / 1.9), ("1", 0.0)])
@few
@given(prefix=share)
def test_prompt_caching_breaks_even_at_w_less_1_over_w_less_r(write, hit, prefix):
    """Writes at 1.25 and 2, reads at 0.1: 21.7 % and 52.6 % of hits leave the bill as it was, whatever the prefix."""
    terms = vendor(write)
    found = bill(lever("prompt_cache", prefix_share=prefix, hit_share=hit), terms=terms)
    assert found == pytest.approx(1, rel=1e-12)
    if prefix > 0.01:
        more = bill(lever("prompt_cache", prefix_share=prefix, hit_share=hit + 0.01), terms=terms)
        assert more < 1
    assert round(0.25 / 1.15, 3) == 0.217
    assert round(1 / 1.9, 3) == 0.526


@few
@given(prefix=share, hit=share, written=share)
def test_prompt_caching_costs_its_closed_form(prefix, hit, written):
    """Input costs t p (1 - s + s (η r + (1 - η) w)); what is not billed as written is billed as input."""
    w = written * 1.25 + (1 - written) * 1
    expected = (T * (1 - prefix + prefix * (hit * 0.1 + (1 - hit) * w)) + U * 5) / C
    found = bill(lever("prompt_cache", prefix_share=prefix, hit_share=hit, written_share=written))
    assert found == pytest.approx(expected)


def test_hours_long_writes_are_a_meter_of_their_own():
    (_, write) = effects([lever("prompt_cache", {"meter": "cache_write_1h_tokens"}, prefix_share=1, hit_share=0.5)])
    assert write.to == {"meter": "cache_write_1h_tokens"}


@few
@given(hit=share, verified=share, wrong=share)
def test_a_semantic_cache_costs_its_closed_form(hit, verified, wrong):
    """A request costs e + (1 - h) c + h v j + h f E."""
    found = bill(lever("semantic_cache", hit_share=hit, verified_share=verified, wrong_share=wrong))
    assert found == pytest.approx((0.5 + (1 - hit) * C + hit * verified * 3 + hit * wrong * 24) / C)


@few
@given(escalated=share, verified=share)
def test_a_cascade_costs_its_closed_form(escalated, verified):
    """A request costs c_w + v + e c_s; it pays while e < 1 - (c_w + v) / c_s."""
    found = bill(lever("cascade", {"model": "small"}, escalation_share=escalated, verified_share=verified))
    assert found == pytest.approx((SMALL + verified * 3 + escalated * C) / C)


def test_a_cascade_breaks_even_where_the_field_says():
    for v in (0.0, 1.0):
        even = 1 - (SMALL + v * 3) / C
        found = bill(lever("cascade", {"model": "small"}, escalation_share=even, verified_share=v))
        assert found == pytest.approx(1)


@few
@given(ratio=st.floats(1, 20), priced=share)
def test_compression_costs_its_closed_form(ratio, priced):
    """A request costs t p / κ + k t + u q."""
    found = bill(lever("compress", ratio=ratio, priced_share=priced))
    assert found == pytest.approx((T / ratio + priced * 0.01 * T + U * 5) / C)


@few
@given(one=share)
def test_simple_levers_cost_their_closed_forms(one):
    assert bill(lever("rate_limit", cut_share=one)) == pytest.approx(1 - one)
    assert bill(lever("exact_cache", hit_share=one)) == pytest.approx(1 - one)
    assert bill(lever("trim", removed_share=one)) == pytest.approx(((1 - one) * T + U * 5) / C)
    assert bill(lever("shorten", removed_share=one)) == pytest.approx((T + (1 - one) * U * 5) / C)
    assert bill(lever("route", {"model": "small"}, share=one)) == pytest.approx(1 - 0.9 * one)
    assert bill(lever("batch", share=one)) == pytest.approx(1 - 0.5 * one)
    assert bill(lever("service_tier", {"service_tier": "flex"}, share=one)) == pytest.approx(1 - 0.5 * one)


def test_a_smaller_number_format_needs_fewer_hours():
    """1,000 GPU-hours at 1.25 times the throughput are 800."""
    hours = usage("workload meter", ("chat", "gpu_hours", 1000))
    after = move(hours, effects([lever("quantise", throughput_factor=1.25)]))
    assert after.values["quantity"].tolist() == [800]


def test_savings_do_not_add():
    """A cache of 60 % and a cascade of 70 % save 88 %, not 130 %: the second acts on what the first has left."""
    cache, cascade = lever("exact_cache", hit_share=0.6), lever("cascade", {"model": "small"}, escalation_share=0.2)
    assert bill(cache) == pytest.approx(0.4)
    assert bill(cascade) == pytest.approx(0.3)
    assert bill(cache, cascade) == pytest.approx(0.12)


PIPELINE = (
    lever("exact_cache", hit_share=0.2),
    lever("semantic_cache", hit_share=0.3),
    lever("trim", removed_share=0.1),
    lever("route", {"model": "small"}, share=0.5),
    lever("prompt_cache", prefix_share=0.5, hit_share=0.8),
    lever("batch", share=0.25),
)


def test_levers_act_in_the_order_of_the_pipeline_however_they_are_said():
    """Caches before trimming before routes before prices; only what misses the exact cache is looked up by meaning."""
    told = {tuple(effect.name for effect in effects(each)) for each in permutations(PIPELINE)}
    (names,) = told
    assert list(dict.fromkeys(names)) == [each.kind for each in PIPELINE]
    after = move(LINES, effects(PIPELINE[:2]))
    assert after.where(meter="x_embeddings").values["quantity"].sum() == pytest.approx(0.8 * N)
    assert after.where(meter="requests").values["quantity"].sum() == pytest.approx(0.8 * 0.7 * N)


def test_every_lever_is_moves_and_additions_and_nothing_else():
    assert list(LEVERS) == sorted(LEVERS, key=lambda name: LEVERS[name].order)
    for kind in LEVERS.values():
        numbers = {p.name: 1.0 if p.default is None else 0.5 for p in kind.parameters}
        to = dict.fromkeys(kind.labels, "other")
        made = effects([Chosen(name="x", kind=kind.name, where={"workload": "chat"}, numbers=numbers, to=to)])
        assert {type(each) for each in made} <= {Move, Add}
        assert {each.name for each in made} == {"x"}


def test_numbers_may_differ_by_world():
    hit = np.array([[0.2], [0.4], [0.6]])
    assert bill(lever("exact_cache", hit_share=hit)) == pytest.approx([0.8, 0.6, 0.4])


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (Chosen(name="c", kind="exact_cash"), "lever c is of the kind 'exact_cash'; did you mean exact_cache"),
        (Chosen(name="c", kind="exact_cache"), "lacks hit_share: requests that the cache answers; say it"),
        (lever("exact_cache", hit_shares=1), "has no 'hit_shares'; did you mean hit_share"),
        (lever("exact_cache", hit_share=20), "hit_share runs from 20 to 20; expected 0 to 1 in every period and world"),
        (lever("compress", ratio=0.5), "ratio runs from 0.5 to 0.5; expected 1 to inf"),
        (lever("route", share=0.5), r"lever route \(route\) is not told to which model; say to: {model: NAME}"),
    ],
)
def test_a_lever_that_is_said_wrongly_is_refused(chosen, said):
    with pytest.raises(InputError, match=said):
        effects([chosen])


def test_the_page_names_every_lever_and_parameter(pytestconfig):
    page = (pytestconfig.rootpath / "docs/reference/levers.md").read_text(encoding="utf-8")
    table = page.partition("Shares are 0 to 1")[0].splitlines()
    rows = {name: row for row in table for name in re.findall(r"^\| `(\w+)` \|", row)}
    for kind in LEVERS.values():
        assert f"| {kind.order} |" in rows[kind.name]
        assert kind.says in rows[kind.name]
        assert set(re.findall(r"`(\w+)`", rows[kind.name])) >= {p.name for p in kind.parameters} | set(kind.labels)

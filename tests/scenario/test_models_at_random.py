"""Laws that any model keeps: its rows come to what rating comes to, worlds are alone, and its parts add up."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pertoken.connect.models import model_from
from pertoken.scenario.compile import compiled
from pertoken.scenario.drawn_worlds import dimensions, drawn
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.order import ordered
from pertoken.scenario.run import run
from pertoken.scenario.whole import whole
from pertoken.scenario.worlds import Worlds, cases, named
from tests.scenario.models import models
from tests.tries import tries

SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
WORLDS = 5
CENTS = 1e-6


def agree(found, wanted, names, *, times=1.0):
    """Compare rows, to a billionth or a ten thousandth of a cent."""
    for name in names:
        one, other = np.broadcast_arrays(found[name], np.asarray(wanted[name]) * times)
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=CENTS, err_msg=name)


def rows_of(model):
    return [row.name for row in (*model.before.rows, *model.after.rows)]


def one_of(values, world):
    """The values of one world out of many."""
    return {name: each[world] if each.ndim > 1 else each for name, each in values.items()}


def worlds_of(model):
    shares = np.random.default_rng(1).uniform(size=(WORLDS, len(dimensions(model))))
    return drawn(model, shares)


@given(models())
@tries(8, SETTINGS)
def test_rows_come_to_what_rating_comes_to_in_every_case_and_in_many_worlds(said):
    model = compiled(model_from(said))
    program = whole(model)
    program = replace(program, rows=ordered(program.rows, ladders=program.ladders))
    switches = {name: 1.0 for name in model.inputs if name.startswith("levers.") and name.endswith(".on")}
    other = {name: 0.9 * float(said.value) for name, said in model.inputs.items() if name not in switches}
    for worlds in (*map(partial(named, model), cases(model)), named(model, but=other | switches), worlds_of(model)):
        agree(evaluate(program, worlds.given), run(model, worlds).values, rows_of(model))


@given(models())
@tries(4, SETTINGS)
def test_many_worlds_at_once_are_each_world_alone(said):
    model = compiled(model_from(said))
    worlds = worlds_of(model)
    many = run(model, worlds).values
    for world in range(WORLDS):
        alone = Worlds(one_of(worlds.given, world))
        agree(run(model, alone).values, one_of(many, world), rows_of(model))


@given(models())
@tries(5, SETTINGS)
def test_the_statement_and_the_customers_add_up(said):
    spec = model_from(said)
    values = run(compiled(spec), worlds_of(compiled(spec))).values
    sums = {
        "revenue": [f"revenue.{s.name}" for s in spec.segments if s.plan] + ["income.setup"],
        "total_cost": [
            *(f"cost.vendor.{v}" for v in spec.vendors),
            *(f"costs.{x.name}" for x in spec.lines if x.side == "cost"),
        ],
    }
    sums |= {
        f"cost.vendor.{v}": [*(f"cost.{w.name}" for w in spec.workloads if w.vendor == v), f"shared.{v}"]
        for v in spec.vendors
    }
    for whole_, parts in sums.items():
        agree({whole_: sum(values[part] for part in parts)}, values, [whole_])
    assert values["operating_result"] == pytest.approx(values["revenue"] - values["total_cost"], abs=CENTS)
    for s in spec.segments:
        here = values[f"customers.{s.name}"]
        start = np.broadcast_to(values[f"start.{s.name}"], (*here.shape[:-1], 1))
        before = np.concatenate([start, here[..., :-1]], axis=-1)
        came = [values[f"new.{s.name}"], *(values[f"moved.{t.name}.{s.name}"] for t in spec.segments if s.name in t.to)]
        went = [values[f"churned.{s.name}"], *(values[f"moved.{s.name}.{to}"] for to in s.to)]
        np.testing.assert_allclose(here, before + sum(came) - sum(went), atol=1e-9)


@given(models())
@tries(4, SETTINGS)
def test_a_lever_that_is_off_changes_nothing(said):
    off = {f"levers.{name}" for name, lever in said.get("levers", {}).items() if not lever["on"]}
    kept = {name: lever for name, lever in said.get("levers", {}).items() if lever["on"]}
    without = {key: value for key, value in said.items() if key not in {"levers", "scenarios"}}
    without |= {"levers": kept} if kept else {}
    one, other = compiled(model_from(said)), compiled(model_from(without))
    names = [name for name in rows_of(other) if not name.startswith(tuple(off))]
    agree(run(one, named(one)).values, run(other, named(other)).values, names)


def doubled(number):
    """Twice a number of customers, with its range."""
    if not isinstance(number, dict):
        return 2 * number
    return {key: doubled(value) if key != "kind" else value for key, value in number.items()}


@given(models())
@tries(4, SETTINGS)
def test_twice_the_customers_are_twice_the_revenue_and_the_usage(said):
    """Each customer has a plan of their own, tiers and minimums included; a contract is one customer, and stays one."""
    many = {name: dict(each) for name, each in said["segments"].items() if "begins" not in each}
    more = {
        name: each | {"start": doubled(each["start"]), "new": f"2 * ({each['new']})"} for name, each in many.items()
    }
    stay = {name: each for name, each in said["segments"].items() if "begins" in each}
    one, two = (compiled(model_from(said | {"segments": each})) for each in (many | stay, more | stay))
    names = [
        f"{row}.{name}"
        for name in many
        for row in ("customers", "churned", *(["revenue"] if "plan" in many[name] else []))
    ]
    names += [f"requests.{w}.{s}" for w, each in said["workloads"].items() for s in each.get("each", {}) if s in many]
    names += [
        f"cost.{w}.{s}"
        for w, each in said["workloads"].items()
        for s in each.get("each", {})
        if s in many and each.get("vendor") == "listed"
    ]
    agree(run(two, worlds_of(two)).values, run(one, worlds_of(one)).values, names, times=2)


@given(models(), st.randoms(use_true_random=False))
@tries(4, SETTINGS)
def test_the_order_in_which_a_model_is_said_changes_nothing(said, random):
    def shuffled(part):
        return dict(random.sample(sorted(part.items()), len(part)))

    parts = {"assumptions", "segments", "workloads", "plans", "vendors", "costs", "events"}
    other = shuffled({key: shuffled(value) if key in parts else value for key, value in said.items()})
    one, two = compiled(model_from(said)), compiled(model_from(other))
    agree(run(two, named(two)).values, run(one, named(one)).values, rows_of(one))


def chat(rates, plan):
    """A model of one workload and one plan."""
    return compiled(
        model_from(
            {
                "model": "chat",
                "calendar": {"start": "2027-01", "months": 3},
                "segments": {"pro": {"plan": "pro", "start": 100, "sizes": {"spread": 1.1}}},
                "workloads": {
                    "chat": {
                        "each": {"pro": 900},
                        "tokens": {"input": 600, "output": 350},
                        "vendor": "llm",
                        "model": "big",
                    }
                },
                "plans": {"pro": {"prices": {"tokens": {"measure": {"sum": "total_tokens"}, **plan}}}},
                "vendors": {"llm": {"rates": {"big": rates}}},
            }
        )
    )


@pytest.mark.parametrize(
    ("rates", "plan"),
    [
        (
            {"input": "2.5 USD / 1M token", "output": "10 USD / 1M token"},
            {"convert": {"per": 1000}, "curve": [{"rate": 0.004}]},
        ),
        (
            {"input": "0.0025 USD / 1K token", "output": "0.01 USD / 1K token"},
            {"convert": {"per": 1_000_000}, "curve": [{"rate": 4}]},
        ),
        ({"input": "0.0000025 USD / token", "output": "0.00001 USD / token"}, {"curve": [{"rate": 0.000004}]}),
    ],
)
def test_a_price_is_the_same_in_whatever_size_it_is_written(rates, plan):
    """100 customers of 900 requests: 54M tokens in at 2.50, 31.5M out at 10; 85.5M tokens sold at 4 a million."""
    model = chat(rates, plan)
    values = run(model).values
    assert values["cost.chat"] == pytest.approx([450, 450, 450])
    assert values["revenue.pro"] == pytest.approx([342, 342, 342], abs=0.5)  # each of five classes is rounded to a cent

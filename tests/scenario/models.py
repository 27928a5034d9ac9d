"""Models made at random, as a modeller would write them: customers, workloads, plans, vendors, levers, with ranges."""

from hypothesis import strategies as st

START, MONTHS = "2027-02", ("2027-02", "2027-03", "2027-04", "2027-05", "2027-06", "2027-07", "2027-08")
LONG = (*MONTHS, "2027-09", "2027-10", "2027-11", "2027-12", "2028-01", "2028-02")
SEGMENTS = ("one", "two", "three", "acme")
TOKENS = ("input", "output", "cache_read")
often, seldom = st.integers(0, 2).map(bool), st.integers(0, 3).map(lambda x: x == 0)


@st.composite
def number(draw, least, most, places=2):
    """A number as a place of the model takes it: plain, or with a range and cases."""
    value = round(float(draw(st.integers(0, 97))) / 97 * (most - least) + least, places)
    if value <= 0 or draw(often):
        return value
    said = {"value": value, "p10": value * 0.8, "p90": value * 1.25}
    if draw(seldom):
        said = {"value": value, "distribution": {"kind": "uniform", "low": value * 0.6, "high": value * 1.4}}
    if draw(seldom):
        said |= {"low": value * 0.9, "high": value * 1.1}
    return said


def percent(said):
    """A share, in percent where it is one number or has a range."""
    if isinstance(said, dict):
        return {
            key: {"kind": "uniform", "low": f"{v['low']:.6f}%", "high": f"{v['high']:.6f}%"}
            if isinstance(v, dict)
            else f"{v:.6f}%"
            for key, v in said.items()
        }
    return f"{said}%"


def shares(least, most):
    """A share."""
    return number(least, most).map(percent)


@st.composite
def over_time(draw, value, unit, months):
    """An assumption that changes from month to month, or not."""
    said = {"value": value, "unit": unit}
    if draw(st.booleans()):
        said |= {"p10": value * 0.7, "p90": value * 1.5}
    if draw(seldom):
        said |= {"growth": {"value": "3%", "p10": "1%", "p90": "6%", "low": "2%", "high": "4%"}}
        if draw(seldom):
            said["growth_per"] = "year"
    if draw(seldom):
        said["season"] = {"mar": 1.5, "jun": 0.5}
    if draw(seldom):
        said["steps"] = {draw(st.sampled_from(months[1:])): value * 2}
    if draw(seldom):
        said["walk"] = 0.1
    if draw(seldom):
        said |= {"low": value * 0.75, "high": value * 1.2}
    return said


@st.composite
def curve(draw):
    """Tiers of a price."""
    count = draw(st.integers(1, 3))
    bounds = sorted(draw(st.lists(st.integers(1, 60), min_size=count - 1, max_size=count - 1, unique=True)))
    tiers = [{"up_to": bound} for bound in bounds] + [{}]
    for tier in tiers:
        tier["rate"] = draw(number(0, 5, 3))
        if draw(seldom):
            tier["flat"] = draw(number(1, 9))
    said = {"tiers": tiers}
    if count > 1:
        said["mode"] = draw(st.sampled_from(["marginal", "all"]))
    if "flat" in tiers[0]:
        said["flat_on_zero"] = draw(st.booleans())
    return said


@st.composite
def charges(draw, window, of="total_tokens"):
    """A price of usage."""
    how = {"per": 1000}
    if draw(seldom):
        how |= {"free": draw(number(1, 9, 0)), "free_first": True}
    if draw(seldom):
        how |= {"round": "up", "precision": 0, "free_first": True}
    return {"measure": {"sum": of, "window": window}, "convert": how, "curve": draw(curve())}


@st.composite
def pool(draw, charge, priority=0):
    """A bundle or a commitment."""
    unit = draw(st.sampled_from(["tokens", "money"]))
    said = {"id": f"pool{priority}", "unit": unit, "eligible": [charge], "drawn": "month", "priority": priority}
    said |= {"unused": draw(st.sampled_from(["forfeit", "true_up"])), "during": {"prorate": "none"}}
    said["grant"] = draw(number(1000, 60_000, 0)) if unit == "tokens" else draw(number(5, 90, 0))
    if draw(often):
        said |= {"every": draw(st.sampled_from(["month", "quarter"])), "price": draw(number(1, 50))}
        if draw(seldom):
            said["rollover"] = {"share": "0.5", "of": "remaining", "periods": 1}
    else:
        said |= {"term": draw(st.sampled_from(["year", {"months": 5, "renews": True}]))}
        said |= draw(st.sampled_from([{"price": 60}, {"pay": [{"every": "month", "amount": 7}]}, {"price": 90}]))
    return said


@st.composite
def card(draw, *, sold=True):
    """A plan, or what a vendor charges by a card."""
    window = draw(st.sampled_from(["month", "month", "month", "quarter", "year"]))
    prices = {"tokens": draw(charges(window))}
    if draw(st.booleans()):
        every = draw(st.sampled_from(["month", "month", "quarter", "year"]))
        prices["fee"] = {"curve": [{"flat": draw(number(0, 40))}], "during": {"every": every, "prorate": "none"}}
    if draw(seldom):
        prices["asked"] = {"measure": {"sum": "requests"}, "curve": [{"rate": draw(number(0, 1, 3))}]}
    said = {"prices": prices}
    if draw(seldom):
        said["adjust"] = [{"percent": draw(st.integers(-60, 20)), **({"on": ["tokens"]} if sold else {})}]
    every = prices.get("fee", {}).get("during", {}).get("every", window)
    if draw(seldom) and window == every != "year":
        said["clamp"] = {"min": draw(number(1, 60)), "window": window, "during": {"prorate": "none"}}
    if draw(seldom):
        said["pools"] = [draw(pool("tokens"))]
    if draw(seldom):
        said["prices"]["fee"] = {"curve": [{"flat": 9}], "during": {"from": "2027-04-01"}}
    said["order"] = ["discount", "minimum", "maximum", "credit"]
    return said


@st.composite
def contracts(draw, plans, months):
    """One named customer, who may have begun before the model, and end or leave in it."""
    said = {"begins": draw(st.sampled_from(["2026-06", *months[:4]])), "plan": draw(st.sampled_from(plans))}
    if draw(st.booleans()):
        said["ends"] = draw(st.sampled_from([*months[4:], "2028-07"]))
    if draw(st.booleans()):
        said["leaves"] = "loss"
    return said


@st.composite
def segments(draw, plans, months):
    """Customers: some who come, move and leave, and perhaps a contract."""
    names = SEGMENTS[: draw(st.integers(1, 3))]
    out = {}
    for i, name in enumerate(names):
        said = {"start": draw(number(0, 40, 0)), "new": draw(st.sampled_from(["joining", 3, "2 + joining / 4"]))}
        if draw(often):
            said["plan"] = draw(st.sampled_from(plans))
        way = draw(st.integers(0, 2))
        if way == 1:
            said["churn"] = draw(shares(1, 9))
        elif way == 2:
            said["churn_by_age"] = [draw(shares(1, 30)) for _ in range(draw(st.integers(1, 3)))]
        others = [each for j, each in enumerate(names) if j != i]
        if others and draw(st.booleans()):
            said["to"] = {draw(st.sampled_from(others)): draw(shares(1, 20))}
        if draw(seldom):
            said["sizes"] = {"spread": draw(number(0.3, 1.2)), "classes": draw(st.integers(2, 3))}
        elif draw(seldom):
            said["sizes"] = {"parts": [{"share": "80%", "times": 0.3}, {"share": "20%", "times": 3.8}]}
        out[name] = said
    if draw(st.booleans()):
        out["acme"] = draw(contracts(plans, months))
    return out


@st.composite
def workloads(draw, who, vendors):
    """What is asked of models."""
    out = {}
    for name in ("chat", "search")[: draw(st.integers(1, 2))]:
        said = {
            "tokens": {
                meter: draw(st.sampled_from(["length", 400, 1_300])) for meter in TOKENS[: draw(st.integers(1, 3))]
            }
        }
        if draw(often):
            some = draw(st.lists(st.sampled_from(sorted(who)), min_size=1, unique=True))
            said["each"] = {s: draw(st.sampled_from(["asked", 25, "2 * asked"])) for s in some}
        else:
            said["requests"] = "40 * asked * customers / customers * 1 customer"
        if draw(often):
            vendor = draw(st.sampled_from(sorted(vendors)))
            said |= {"vendor": vendor, "model": draw(st.sampled_from(["big", "small"]))}
        out[name] = said
    if draw(seldom):
        out["own"] = {"meters": {"gpu_hours": "3 gpu_hour/customer * customers"}, "vendor": "gpu"}
    return out


RATES = ("input", "output", "cache_read", "cache_write")


@st.composite
def vendors(draw):
    """Who is paid, by list prices and by cards."""
    rates = {
        model: {
            "input": draw(number(1, 9)),
            "output": draw(number(2, 30)),
            "cache_read": 0.5,
            "cache_write": 3,
        }
        for model in ("big", "small")
    }
    out = {"listed": {"rates": rates}, "tiered": draw(card(sold=False))}
    out["gpu"] = {
        "card": "gpu",
        "prices": {"hours": {"measure": {"sum": "gpu_hours"}, "curve": [{"rate": draw(number(1, 4))}]}},
    }
    out["tiered"]["card"] = "tiered"
    for said in out.values():
        if draw(seldom):
            said["change"] = draw(st.sampled_from(["1 - 0.3 * event.cut", "1 - 0.01 * (month - 1)", 0.9]))
    return out


@st.composite
def levers(draw, asked):
    """What-ifs on what vendors are asked for."""
    out = {}
    served = [name for name, said in asked.items() if said.get("vendor") and name != "own"]
    if not served:
        return out
    for i in range(draw(st.integers(0, 3))):
        workload = draw(st.sampled_from(served))
        kind = draw(
            st.sampled_from(
                ["rate_limit", "exact_cache", "trim", "compress", "shorten", "route", "cascade", "prompt_cache"]
            )
        )
        tokens, other = asked[workload]["tokens"], "small" if asked[workload]["model"] == "big" else "big"
        if kind == "shorten" and "output" not in tokens:
            kind = "trim"
        said = {"kind": kind, "workload": workload, "on": draw(st.booleans())}
        numbers = {
            "rate_limit": {"cut_share": draw(shares(5, 60))},
            "exact_cache": {"hit_share": draw(shares(5, 60))},
            "trim": {"removed_share": draw(shares(5, 60))},
            "shorten": {"removed_share": "learned"},
            "compress": {"ratio": draw(number(1.5, 4))},
            "route": {"share": draw(shares(5, 60)), "to": other},
            "cascade": {"escalation_share": draw(shares(5, 60)), "to": other},
            "prompt_cache": {"prefix_share": draw(shares(5, 60)), "hit_share": draw(shares(5, 60))},
        }
        out[f"lever{i}"] = said | numbers[kind]
    return out


COSTS = {
    "team": {"formula": 500, "counts_as": "operating"},
    "help": {"formula": "0.4 USD/customer * customers", "counts_as": "cost_of_revenue"},
    "ads": {"formula": "9 USD/customer * joining", "counts_as": "acquisition", "from": "2027-04", "to": "2027-06"},
    "launch": {"formula": {"value": 800, "p10": 500, "p90": 1500}, "in": "2027-03", "counts_as": "one_off"},
    "fee": {"formula": "2% * usage_revenue", "counts_as": "cost_of_revenue"},
}


@st.composite
def models(draw):
    """Random models, as dictionaries of the shape of the file."""
    months = draw(st.sampled_from([MONTHS, MONTHS, LONG]))
    plans = {name: draw(card()) for name in ("basic", "plus")[: draw(st.integers(1, 2))]}
    who, bought = draw(segments(sorted(plans), months)), draw(vendors())
    asked = draw(workloads(who, ["listed", "tiered"]))
    said = {
        "model": "random",
        "calendar": {"start": START, "months": len(months)},
        "assumptions": {
            "joining": draw(over_time(8, "customer", months)),
            "asked": draw(over_time(30, "request / customer", months)),
            "length": draw(over_time(700, "token / request", months)),
            "learned": {"value": "20%", "p10": "10%", "p90": "35%", "low": "15%", "high": "30%"},
        },
        "segments": who,
        "workloads": asked,
        "plans": plans,
        "vendors": bought,
        "levers": draw(levers(asked)),
        "costs": {name: COSTS[name] for name in draw(st.lists(st.sampled_from(sorted(COSTS)), unique=True)) if who},
        "events": {
            "loss": {
                "probability": draw(shares(10, 90)),
                "between": [months[1], months[-1]],
                **draw(st.sampled_from([{}, {"base": months[2]}])),
            },
            "cut": {"probability": draw(st.sampled_from(["100%", "0%", "50%"])), "between": [months[1], months[3]]},
        },
        "income": {"setup": {"formula": 250, "in": months[1]}},
    }
    scenarios = {"more": {"joining": 20, "event.loss.probability": "99%"}}
    if said["levers"]:
        name, lever = next(iter(said["levers"].items()))
        scenarios["more"][f"levers.{name}.on"] = not lever["on"]
    said["scenarios"] = scenarios
    if draw(st.booleans()):
        ranged = [n for n in ("joining", "asked", "length") if "p10" in said["assumptions"][n]]
        if len(ranged) > 1:
            said["correlations"] = [{"between": ranged[:2], "rank": 0.6}]
    return {key: value for key, value in said.items() if value}

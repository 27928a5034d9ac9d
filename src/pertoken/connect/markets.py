"""Markets come in by this door: a YAML file of what is believed of who buys, when, and what they use and pay."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pertoken.connect.model_file.assumption import assumption
from pertoken.connect.model_file.months import Months, month
from pertoken.connect.model_file.numbers import PERCENT, written
from pertoken.connect.model_file.reading import Reading, currency
from pertoken.connect.model_file.scales import scale
from pertoken.connect.model_file.spreads import P10_P90, distribution
from pertoken.connect.placed import Door, Placed, placed
from pertoken.connect.text_file import text_of
from pertoken.connect.yaml_file import Document, read
from pertoken.core.distribution import Distribution, from_p10_p90, points, support
from pertoken.core.errors import InputError
from pertoken.forecast.bass import SOURCE, Analog, priors
from pertoken.forecast.market import SHARES, Belief, Market
from pertoken.scenario.spec import Assumption

BELIEFS = ("size", "reach", "ceiling", "p", "q", "churn", "usage", "price", "revenue", "growth")

WORDS = ("market", "currency", "launch", *BELIEFS, "analogs", "adopters")
"""Words at the top of a market file."""

SAID = ("value", "unit", "p10", "p90", "distribution", "source", "as_of", "label")
"""Words of a belief."""


def read_market(path: str | Path) -> Market:
    """Read a market file.

    Raises:
        InputError: All that is wrong, each with file, line, what was expected and the mend.
    """
    name = str(path)
    text = text_of(name, "market", "a YAML file with market, launch, size, reach, ceiling, ...")
    return market_of(read(text, name))


def market_of(document: Document) -> Market:
    """Make a market of its document.

    Raises:
        InputError: All that is wrong with it.
    """
    door, data = Door(document), placed(document.data, document)
    if not isinstance(data, Placed) or data.get("market") is None:
        door.refuse((), "not a market", "`market: NAME` at the top")
        raise InputError.of(door.wrong)
    door.only(data, WORDS, " in a market")
    reading = Reading(door, Months(()), currency=currency(data, door))
    launch = month(data.get("launch"), (*data.path, "launch"), door, "launch")
    read_so_far = {**_beliefs(reading, data), **_adoption(reading, data)}
    beliefs = {name: read_so_far[name] for name in BELIEFS if name in read_so_far}
    adopters = _adopters(data, door, launch)
    if door.wrong:
        raise InputError.of(door.ordered())
    unit = beliefs["usage"].unit if "usage" in beliefs else ""
    return Market(name=reading.text(data, "market"), launch=launch, currency=reading.currency, beliefs=beliefs,
                  adopters=adopters, unit=unit, source=document.source)  # fmt: skip


def _beliefs(reading: Reading, data: Placed) -> dict[str, Belief]:
    """Read what stands in the file, but for p and q."""
    paid = ("revenue",) if "revenue" in data else ("usage", "price")
    both = [word for word in ("usage", "price") if word in data and "revenue" in data]
    for word in both:
        reading.refuse((*data.path, word), f"{word} beside revenue", "revenue of an adopter, or usage and price")
    made = {}
    for name in ("size", "reach", "ceiling", *paid):
        if name not in data:
            example = {"size": "{value: 40k, p10: 25k, p90: 60k}", "price": f"0.40 {reading.currency} / 1M token"}
            reading.refuse(data.path, f"no {name}", f"{name}: {example.get(name, '{value: ..., p10: ..., p90: ...}')}")
            continue
        if (belief := _belief(reading, data, name, _unit(reading, data, name))) is not None:
            made[name] = belief
    for name in ("churn", "growth"):
        belief = _belief(reading, data, name, "1") if name in data else Belief(name=name, value=0.0, source="not said")
        if belief is not None:
            made[name] = belief
    return made


def _unit(reading: Reading, data: Placed, name: str) -> str:
    """The unit of a belief that says none: prices are by the unit of usage."""
    said = data.get("usage")
    used = reading.text(said, "unit") if isinstance(said, Placed) else ""
    return {
        "size": "customer",
        "usage": "token",
        "price": f"{reading.currency} / {used or 'token'}",
        "revenue": reading.currency,
    }.get(name, "1")


def _belief(reading: Reading, data: Placed, name: str, needs: str) -> Belief | None:
    """Read one belief; None, with a fault, if it is none."""
    path, before = (*data.path, name), len(reading.door.wrong)
    if isinstance(data[name], Placed):
        reading.door.only(data[name], SAID, f" in {name}")
    if len(reading.door.wrong) > before:
        return None
    made = assumption(reading, data[name], path, name, needs)
    if made is None or len(reading.door.wrong) > before:
        return None
    try:
        times = float(scale(made.unit, "1" if needs == "1" else needs, reading.units, name))
    except InputError as error:
        reading.refused(path, error)
        return None
    try:
        spread = _spread(made, times)
    except InputError as error:
        reading.refused(path, error)
        return None
    belief = Belief(name=name, value=float(made.value), unit=made.unit, spread=spread, scale=times,
                    source=made.source, line=made.line)  # fmt: skip
    return belief if _inside(reading, belief, data) else None


def _spread(made: Assumption, times: float) -> Distribution | None:
    """Make the distribution of a belief; a share by P10 and P90 lies between nothing and all."""
    if made.spread is None:
        return None
    spread = distribution(made.spread, float(made.value))
    if made.name not in SHARES or spread.kind != P10_P90:
        return spread
    p10, p50, p90 = (float(np.asarray(spread.parameters[word])) for word in ("p10", "p50", "p90"))
    return from_p10_p90(p10, p50, p90, low=0.0, high=1 / times) if p10 > 0 and p90 * times < 1 else spread


def _inside(reading: Reading, belief: Belief, data: Placed) -> bool:
    """Refuse what can't be: shares outside 0 to 1, sizes and rates that are not above 0."""
    low, high = (belief.value, belief.value) if belief.spread is None else support(belief.spread)
    low, high, value = low * belief.scale, high * belief.scale, belief.value * belief.scale
    path = (*data.path, belief.name)
    if belief.name in SHARES and not (low >= 0 and high <= 1):
        mend = "write it in %, or give a distribution with low and high" if 0 <= value <= 1 else "mend the number"
        reading.refuse(path, f"{belief.name} {_range(low, high)}", "a share from 0% to 100%", mend)
    elif belief.name not in (*SHARES, "growth") and not (low >= 0 and value > 0):
        reading.refuse(path, f"{belief.name} {_range(low, high)}", "numbers above 0")
    elif belief.name == "growth" and low <= -1:
        reading.refuse(path, f"growth {_range(low, high)}", "a share above -100% a year")
    else:
        return True
    return False


def _range(low: float, high: float) -> str:
    return f"is {low:g}" if low == high else f"may be from {low:g} to {high:g}"


def _adoption(reading: Reading, data: Placed) -> dict[str, Belief]:
    """Read p and q: as they are said, from analogs, or as published."""
    analogs = tuple(_analogs(reading, data))
    believed = priors(analogs)
    source = f"analogs: {', '.join(each.name for each in analogs)}" if analogs else SOURCE
    made = {}
    for name in ("p", "q"):
        if name in data:
            belief = _belief(reading, data, name, "1")
        else:
            spread = believed[name]
            belief = Belief(name=name, value=points(spread)[1], spread=spread, source=source, prior=True)
        if belief is not None:
            made[name] = belief
    return made


def _analogs(reading: Reading, data: Placed) -> Iterator[Analog]:
    said = data.get("analogs")
    if said is None:
        return
    if not isinstance(said, list):
        reading.refuse((*data.path, "analogs"), f"analogs is {said!r}", "a list of {name: ..., p: 0.01, q: 0.4}")
        return
    for i, each in enumerate(said):
        path = (*data.path, "analogs", i)
        part = reading.part(each, path, "an analog", ("name", "p", "q", "source"))
        if part is None:
            continue
        name = reading.text(part, "name") or f"analog {i + 1}"
        numbers = {word: assumption(reading, part.get(word), (*path, word), f"{word} of {name}") for word in ("p", "q")}
        p, q = (
            None if one is None else float(one.value) * (0.01 if one.unit == PERCENT else 1) for one in numbers.values()
        )
        if p is None or q is None:
            continue
        try:
            yield Analog(name=name, p=p, q=q, source=reading.text(part, "source"), line=reading.line(path))
        except InputError as error:
            reading.refused(path, error)


def _adopters(data: Placed, door: Door, launch: str) -> Mapping[str, float]:
    """Read who has ever adopted, by the end of each month."""
    said, path = data.get("adopters"), (*data.path, "adopters")
    if said is None:
        return {}
    if not isinstance(said, Placed):
        door.refuse(path, f"adopters is {said!r}", "months, each with all who ever adopted, as {2026-03: 120}")
        return {}
    found: dict[str, float] = {}
    for word, count in said.items():
        label = month(word, (*path, word), door, "a month of adopters")
        found |= {label: number} if label and (number := _count(count, (*path, word), door)) is not None else {}
        if label and launch and label < launch:
            door.refuse((*path, word), f"adopters in {label}, before the launch", f"a month from {launch} on")
    ordered = dict(sorted(found.items()))
    least = 0.0
    for label, count in ordered.items():
        if count < least:
            mend = "count all who ever adopted; those who left again belong to churn"
            door.refuse(
                (*path, label), f"adopters fall to {count:g} in {label} from {least:g}", "a number that grows", mend
            )
        least = max(least, count)
    return ordered


def _count(said: Any, path: tuple[str | int, ...], door: Door) -> float | None:  # noqa: ANN401  unchecked input

    found = written(said)
    if found is None or found.unit not in ("", "customer", "customers") or found.value < 0:
        door.refuse(path, f"adopters are {said!r}", "a number of customers")
        return None
    return float(found.value)

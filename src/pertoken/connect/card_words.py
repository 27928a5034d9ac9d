"""The short forms of a card, written out as its records want them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pertoken.connect.card_rates import rates, series
from pertoken.connect.placed import Door, Placed
from pertoken.connect.yaml_file import Path
from pertoken.core import money
from pertoken.rating.card import ORDERS

DATES = {"from": "start", "to": "end"}
"""Words of a file that Python has for itself, and our names for them."""

TERMS = {"year": 12, "quarter": 3, "month": 1}
"""Months of a term that is said in one word; it renews."""

POOL_WORDS = {"id": "name"}
LISTS = ("adjust", "clamp", "pools")
"""What a card and each of its phases list beside prices."""


@dataclass(slots=True)
class Own:
    """What stands inside a charge but holds for it only: limits and pools."""

    clamps: list[Any] = field(default_factory=list)
    pools: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Parts:
    """What a card or one of its phases says, written out.

    Args:
        prices: Charges by name.
        adjust: Discounts.
        clamps: Limits of all charges together.
        pools: Pools of several charges.
        own: What stands inside each charge.
    """

    prices: Any
    adjust: Any
    clamps: Any
    pools: Any
    own: dict[str, Own]


def head(data: Placed, door: Door) -> dict[str, Any]:
    """Read what stands at the top of a card: its name, who is paid, by whom, in what."""
    names = [key for key in ("plan", "card") if data.get(key) is not None]
    if len(names) != 1:
        found = "two names, plan and card" if names else "no name"
        door.refuse(data.path, found, "`plan: name` for what we sell or `card: name` for what we pay")
    _hidden(data, door)
    kind = names[0] if names else "card"
    party = data.get("party", "customer" if kind == "plan" else "vendor")
    currency = str(data.get("currency", "USD")).upper()
    order = data.get("order", ())
    if isinstance(order, str) and order not in ORDERS:
        door.refuse((*data.path, "order"), f"order is {order!r}", f"a list of steps, or one of {', '.join(ORDERS)}")
    return {
        "name": str(data.get(kind)),
        "party": party,
        "scope": data.get("scope", ["customer"] if party == "customer" else []),
        "currency": currency,
        "rounding": data.get("rounding", money.places(currency) if party == "customer" else None),
        "order": ORDERS.get(order, order) if isinstance(order, str) else order,
        "source": door.document.source,
    }


def _hidden(data: Placed, door: Door) -> None:
    for word, mend in {"name": "plan: or card:", "clamps": "clamp:", "source": ""}.items():
        if word in data:
            door.refuse((*data.path, word), f"unknown word {word!r}", mend=f"say {mend}" if mend else "")


def parts(data: Placed, door: Door) -> Parts:
    """Write out what a card or one of its phases charges."""
    own: dict[str, Own] = {}
    prices = data.get("prices", {})
    if isinstance(prices, Placed):
        made = {name: _charge(name, value, own, door) for name, value in prices.items()}
        prices = Placed(made, prices.path, prices.line)
    return Parts(
        prices,
        _each(data.get("adjust", []), _adjust, door),
        _each(several(data.get("clamp")), _clamp, door),
        _each(_listed(data.get("pools"), door), _pool, door),
        own,
    )


def _each(values: Any, read: Any, door: Door) -> Any:  # noqa: ANN401  unchecked input
    return (
        [read(value, door) if isinstance(value, Placed) else value for value in values]
        if isinstance(values, list)
        else values
    )


def several(value: Any) -> Any:  # noqa: ANN401  unchecked input
    """Take a map for a list of one; nothing for an empty list."""
    return [] if value is None else [value] if isinstance(value, Mapping) else value


def _charge(name: str, value: Any, own: dict[str, Own], door: Door) -> Any:  # noqa: ANN401  unchecked input
    if not isinstance(value, Placed):
        return value
    if "@" in name:
        door.refuse(value.path, f"a price is named {name!r}", "a name without @, which marks a later phase")
    out = _with_times(value, door)
    clamps = _each(several(out.pop("clamp", None)), _clamp, door)
    pools = _each(_listed(out.pop("pool", None), door), _pool, door)
    own[name] = Own(_held(clamps, "on", name, door), _held(pools, "eligible", name, door))
    if "curve" in out:
        out["curve"] = _curve(out["curve"], value, door)
    return out.lined()


def _held(items: Any, word: str, name: str, door: Door) -> list[Any]:  # noqa: ANN401  unchecked input
    """Say of what stands in a charge that it is for this charge."""
    if not isinstance(items, list):
        return [items]
    for item in items:
        if isinstance(item, Placed) and word in item:
            door.refuse(
                (*item.path, word), f"{word} is said of what stands in {name}", "nothing: it is for this charge"
            )
    return [item.but(**{word: [name]}) if isinstance(item, Placed) else item for item in items]


def _curve(value: Any, around: Placed, door: Door) -> Any:  # noqa: ANN401  unchecked input
    if isinstance(value, list):
        path = (*around.path, "curve")
        value = Placed({"tiers": value}, path, door.document.line(path) if door.document.lines else 0)
    if isinstance(value, Placed) and isinstance(value.get("tiers"), list):
        tiers = [tier.lined() if isinstance(tier, Placed) else tier for tier in value["tiers"]]
        return value.but(tiers=tiers)
    return value


def _with_times(value: Placed, door: Door) -> Placed:
    """Write out when a part holds."""
    if isinstance(value.get("during"), Placed):
        return value.but(during=during(value["during"], door))
    return value.but()


def during(value: Placed, door: Door) -> Placed:
    """Put our names for `from` and `to`."""
    return door.renamed(value, DATES).lined()


def _adjust(value: Placed, door: Door) -> Placed:
    out = _with_times(value, door)
    if "curve" in out:
        out["curve"] = _curve(out["curve"], value, door)
    return out.lined()


def _clamp(value: Placed, door: Door) -> Placed:
    return _with_times(value, door).lined()


def _listed(value: Any, door: Door) -> Any:  # noqa: ANN401  unchecked input
    """Take pools as a list, one alone, or a map by name."""
    if not isinstance(value, Placed) or not value or not all(isinstance(each, Placed) for each in value.values()):
        return several(value)
    if "id" in value or "unit" in value or "grant" in value:
        return [value]
    for each in value.values():
        if "id" in each:
            door.refuse((*each.path, "id"), "a pool with two names", "the name in front of it alone", "drop id")
    return [each.but(id=name) for name, each in value.items()]


def _pool(value: Placed, door: Door) -> Placed:
    out = door.renamed(_with_times(value, door), POOL_WORDS).lined()
    if out.get("outside") == "block":
        out["outside"] = {"block": True}
    if isinstance(out.get("pay"), Placed):
        out["pay"] = [out["pay"]]
    term = out.get("term")
    if isinstance(term, Placed):
        out["term"] = door.renamed(term, DATES)
    elif isinstance(term, str) and term in TERMS:
        out["term"] = {"months": TERMS[term], "renews": True}
    elif term is not None:
        door.refuse((*value.path, "term"), f"term is {term!r}", "year, quarter, month, or a map as {months: 12}")
        out["term"] = None
    return out


def rest(data: Placed, door: Door) -> dict[str, Any]:
    """Write out what only a card says: when it holds, its table of rates, its rates over time, its bands."""
    out: dict[str, Any] = {key: data[key] for key in ("where", "bands") if key in data}
    out["during"] = during(data["during"], door) if isinstance(data.get("during"), Placed) else data.get("during", {})
    if isinstance(data.get("series"), Placed):
        out["series"] = {name: series(name, value, door) for name, value in data["series"].items()}
    elif "series" in data:
        out["series"] = data["series"]
    path: Path = (*data.path, "rates")
    if isinstance(data.get("rates"), list):
        out["rates"] = tuple(r for i, row in enumerate(data["rates"]) for r in rates(row, _path(row, (*path, i)), door))
    elif "rates" in data:
        out["rates"] = data["rates"]
    return out


def _path(value: Any, otherwise: Path) -> Path:  # noqa: ANN401  unchecked input
    return value.path if isinstance(value, Placed) else otherwise

"""Unit check: what a formula comes out in, with the factors between sizes of a unit written into it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

from pertoken.core.errors import Fault, InputError, PertokenError, nearest
from pertoken.core.nodes import FUNCTIONS, Call, Curve, Name, Node, Number, Sample, names, quoted, subtrees, text
from pertoken.core.units import ONE, Unit, made, over, plain, power, same, times


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a formula, checked.

    Args:
        node: The part with its factors.
        said: The part as it was.
        unit: What its number counts.
        bare: True where it takes the unit that is needed: numbers without a unit, and what is made of such alone.
    """

    node: Node
    said: Node
    unit: Unit
    bare: bool = False


def checked(node: Node, units: Mapping[str, Unit], expected: Unit | None = None) -> tuple[Node, Unit]:
    """Check the units of a formula, and write the factors between sizes into it, so that who runs it knows no units.

    The number of a quantity is in the unit of that quantity (3 for 3 %), before and after.

    Args:
        node: The formula.
        units: Unit by name.
        expected: What it has to come out in; None takes what comes out: the unit of one of its names, or a plain one.

    Returns:
        The formula with factors, and the unit that its number is in.

    Raises:
        InputError: Two sides do not count the same, or a name is unknown; the message names the smallest wrong part.

    >>> from pertoken.core.formula import formula
    >>> from pertoken.core.units import unit
    >>> units = {"tokens": unit("token"), "price": unit("USD / 1K token"), "growth": unit("%")}
    >>> text(checked(formula("tokens * price * (1 + growth)").node, units, unit("USD"))[0])
    'tokens * price / 1000 * (1 + growth / 100)'
    """
    part = _part(node, units)
    if expected is None:
        known = {units[name] for name in names(node)}
        expected = part.unit if part.unit in known else plain(part.unit)
    if (not part.bare or (_share(part) and expected.powers)) and not same(part.unit, expected):
        raise _wrong(part, expected, units)
    return _in(part, expected), expected


def unit_of(node: Node, units: Mapping[str, Unit]) -> Unit:
    """Tell what a formula comes out in.

    Raises:
        InputError: As `checked`.
    """
    return checked(node, units)[1]


def _part(node: Node, units: Mapping[str, Unit]) -> _Part:
    if isinstance(node, Number):
        return _Part(node, node, node.unit, bare=node.unit == ONE)
    if isinstance(node, Curve):
        return _Part(node, node, ONE, bare=True)
    if isinstance(node, Sample):
        return _Part(node, node, node.unit)
    if isinstance(node, Name):
        return _Part(node, node, _unit_by_name(node.name, units))
    rule = FUNCTIONS[node.function].rule
    if rule == "tiered":
        return _tiered(node, units)
    return _RULES[rule](node, [_part(arg, units) for arg in node.args])


def _unit_by_name(name: str, units: Mapping[str, Unit]) -> Unit:
    if name not in units:
        raise InputError.of([Fault("", f"`{name}`", "the name of a quantity", nearest(name, units))])
    return units[name]


def _tiered(node: Call, units: Mapping[str, Unit]) -> _Part:
    ladder = node.args[0]
    one = _unit_by_name(ladder.name, units) if isinstance(ladder, Name) else ONE
    return _Part(Call("tiered", (ladder, _part(node.args[1], units).node)), node, one)


def _with(node: Call, parts: Sequence[_Part], one: Unit, *, bare: bool) -> _Part:
    return _Part(Call(node.function, tuple(part.node for part in parts)), node, one, bare)


def _in(part: _Part, one: Unit) -> Node:
    """Write a part so that its number is in a unit of the same nouns."""
    if part.bare and one.powers:
        return part.node
    ratio = part.unit.scale / one.scale
    if ratio == 1:
        return part.node
    if isinstance(part.node, Number):
        return Number(float(Fraction(part.node.value) * ratio))
    node = part.node
    if ratio.numerator != 1:
        node = Call("*", (node, Number(float(ratio.numerator))))
    return node if ratio.denominator == 1 else Call("/", (node, Number(float(ratio.denominator))))


def _alike(node: Call, parts: Sequence[_Part]) -> tuple[list[_Part], Unit]:
    """Bring parts to one unit: that of the first which has one; a bare number beside a share is no percentage."""
    fixed = [part for part in parts if not part.bare]
    if not fixed:
        return list(parts), ONE
    one = fixed[0].unit if fixed[0].unit.powers or len(fixed) == len(parts) else ONE
    for part in fixed:
        if not same(part.unit, one):
            raise _unlike(node, fixed[0], part)
    if one.powers and (shares := [part for part in parts if _share(part)]):
        raise _unlike(node, fixed[0], shares[0])
    return [_Part(_in(part, one), part.said, one) for part in parts], one


def _share(part: _Part) -> bool:
    """Tell a number that is written with `%`, which is a plain number beside whatever it stands."""
    return isinstance(part.said, Number) and part.said.share


def _sum(node: Call, parts: Sequence[_Part]) -> _Part:
    brought, one = _alike(node, parts)
    return _with(node, brought, one, bare=all(part.bare for part in parts))


def _compare(node: Call, parts: Sequence[_Part]) -> _Part:
    return _with(node, _alike(node, parts)[0], ONE, bare=True)


def _choice(node: Call, parts: Sequence[_Part]) -> _Part:
    condition = _without(node, parts[0])
    brought, one = _alike(node, parts[1:])
    return _with(node, [condition, *brought], one, bare=all(part.bare for part in parts[1:]))


def _product(node: Call, parts: Sequence[_Part]) -> _Part:
    return _scaled(node, parts, lambda units: reduce(times, units))


def _ratio(node: Call, parts: Sequence[_Part]) -> _Part:
    return _scaled(node, parts, lambda units: over(units[0], units[1]))


def _scaled(node: Call, parts: Sequence[_Part], combined: Callable[[Sequence[Unit]], Unit]) -> _Part:
    """Multiply or divide: shares count as plain numbers, and where several parts have nouns so does what comes out."""
    brought = [part if part.unit.powers else _without(node, part) for part in parts]
    product = _with(node, brought, combined([part.unit for part in brought]), bare=all(part.bare for part in parts))
    if sum(bool(part.unit.powers) for part in parts) < 2:  # noqa: PLR2004  the unit of the only one, as it is written
        return product
    one = plain(product.unit)
    return _Part(_in(product, one), node, one)


def _power(node: Call, parts: Sequence[_Part]) -> _Part:
    base, exponent = parts[0], _without(node, parts[1])
    if not base.unit.powers:
        return _with(node, [_without(node, base), exponent], ONE, bare=base.bare and parts[1].bare)
    if not isinstance(exponent.node, Number) or exponent.node.value != int(exponent.node.value):
        found = f"`{text(base.said)}` in {base.unit} to the power `{text(exponent.said)}`"
        raise InputError.of([Fault("", found, "a whole number as the exponent of what has a unit")])
    return _with(node, [base, exponent], power(base.unit, int(exponent.node.value)), bare=False)


def _root(node: Call, parts: Sequence[_Part]) -> _Part:
    (part,) = parts
    if any(exponent % 2 for _, exponent in part.unit.powers):
        raise InputError.of(
            [Fault("", f"the square root of `{text(part.said)}` in {part.unit}", "a square, or no unit")]
        )
    halves = made({noun: exponent // 2 for noun, exponent in part.unit.powers})
    inner = _in(part, plain(part.unit))
    return _Part(Call(node.function, (inner,)), node, halves, part.bare)


def _plain(node: Call, parts: Sequence[_Part]) -> _Part:
    return _with(node, [_without(node, part) for part in parts], ONE, bare=all(part.bare for part in parts))


def _flag(node: Call, parts: Sequence[_Part]) -> _Part:
    return _with(node, [_without(node, part) for part in parts], ONE, bare=True)


def _keep(node: Call, parts: Sequence[_Part]) -> _Part:
    first, *others = parts
    return _with(node, [first, *(_without(node, part) for part in others)], first.unit, bare=first.bare)


_RULES: Mapping[str, Callable[[Call, Sequence[_Part]], _Part]] = {
    "sum": _sum, "product": _product, "ratio": _ratio, "power": _power, "root": _root, "plain": _plain, "keep": _keep,
    "compare": _compare, "flag": _flag, "choice": _choice,
}  # fmt: skip


def _without(node: Call, part: _Part) -> _Part:
    """Bring a part that may not count anything to a plain number."""
    if part.unit.powers:
        where = f"in `{text(node)}`"
        mend = f"divide it by something in {plain(part.unit)}"
        raise InputError.of(
            [Fault("", f"`{text(part.said)}` {where} is in {part.unit}", "a number without unit", mend)]
        )
    return _Part(_in(part, ONE), part.said, ONE, part.bare)


def _unlike(node: Call, first: _Part, other: _Part) -> PertokenError:
    found = f"`{text(node)}` takes `{text(first.said)}` in {first.unit} and `{text(other.said)}` in {other.unit}"
    expected = "both in the same unit"
    lacks = over(plain(first.unit), plain(other.unit))
    return InputError.of([Fault("", found, expected, f"multiply `{text(other.said)}` by something in {lacks}")])


def _wrong(part: _Part, expected: Unit, units: Mapping[str, Unit]) -> PertokenError:
    found = f"`{text(part.said)}` is in {part.unit}"
    return InputError.of([Fault("", found, str(expected), _mend(part, expected, units))])


def _mend(part: _Part, expected: Unit, units: Mapping[str, Unit]) -> str:
    if not part.unit.powers and (bare := _bare_number(part.said)):
        return f"write the unit behind the number, as `{text(Number(bare.value, expected))}`"
    lacks = over(plain(expected), plain(part.unit))
    causes = [why for noun, exponent in lacks.powers if (why := _cause(part.said, noun, exponent, units))]
    return "; ".join([", ".join(causes), f"multiply by something in {lacks}"] if causes else [f"multiply by {lacks}"])


def _bare_number(node: Node) -> Number | None:
    found = (part for part in subtrees(node) if isinstance(part, Number) and part.unit == ONE)
    return next(found, None)


def _cause(node: Node, noun: str, lacks: int, units: Mapping[str, Unit]) -> str:
    """Name the quantity that brings a noun with it that nothing takes away."""
    for part in subtrees(node):
        if isinstance(part, Name) and (exponent := dict(units[part.name].powers).get(noun, 0)) * lacks < 0:
            return f"`{quoted(part.name)}` is per {noun}" if exponent < 0 else f"`{quoted(part.name)}` counts {noun}"
    return ""

"""The lines of a cost ledger, gathered by the keys of a row; what has fewer keys is given to the usage behind it.

Discounts, and what pools take off a charge, are reckoned by contract and period; usage has more keys (model, region,
kind of capacity). Each such line is shared out over the usage of its charge, by money; the sum stays to the last digit.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pertoken.connect.focus_pools import Pools, part_of, pool_of
from pertoken.connect.focus_words import coarsest, finest
from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.lines import Ledger, Lines
from pertoken.core.money import to_exact
from pertoken.rating.rate import STAGES

DROPPED = frozenset({"account", "stage", "term", "origin"})
"""Keys of a ledger that say how a line was made, and don't tell rows apart."""

NONE = Decimal(0)

UNITS, MONEY, SHIFT = "units", "money", "shift"
"""Why something is covered: by a pool of units, by a pool of money, or as discounts differ on what is left."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a row is made of: the keys it stands for and the money of each stage.

    Args:
        keys: Name to label.
        money: Stage to amount. [currency]
        count: Stage to quantity. [unit of the meter]
        pools: Stage and pool to amount and quantity, for the stages that name a pool.
        covered: What is covered, by its reason and the pool that it names (empty for none): amount and quantity.
    """

    keys: Mapping[str, str]
    money: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    count: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    pools: dict[tuple[str, str], tuple[Decimal, Decimal]] = field(default_factory=dict)
    covered: dict[tuple[str, str], tuple[Decimal, Decimal]] = field(default_factory=dict)

    def amount(self, kind: str) -> Decimal:
        """Sum the stages of one of the four amounts."""
        return sum((x for stage, x in self.money.items() if kind in STAGES[stage]), NONE)

    def off(self, why: str) -> Decimal:
        """What is taken off for a reason, in money."""
        return -sum((amount for (reason, _), (amount, _) in self.covered.items() if reason == why), NONE)

    @property
    def charge(self) -> tuple[str, str]:
        """The card and the charge that it is of."""
        return self.keys.get("card", ""), self.keys.get("charge", "")

    def add(self, stage: str, name: str, why: str, amount: Decimal, quantity: Decimal) -> None:
        """Add money and quantity at a stage."""
        self.money[stage] += amount
        self.count[stage] += quantity
        for table, key in ((self.pools, (stage, name)), (self.covered, (why, name))):
            if table is self.pools or stage == "covered":
                before = table.get(key, (NONE, NONE))
                table[key] = (before[0] + amount, before[1] + quantity)


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the ledger that may have to be shared out: its keys, where it came from, and what it says."""

    keys: Mapping[str, str]
    stage: str
    term: str
    amount: Decimal
    quantity: Decimal

    @property
    def charge(self) -> tuple[str, str]:
        """The card and the charge that it is of."""
        return self.keys.get("card", ""), self.keys.get("charge", "")

    def why(self, pools: Pools) -> tuple[str, str]:
        """Say why something is covered, and by which pool where it is named; both empty for rounding."""
        name = pool_of(self.term, "")
        if name:
            card, charge = self.charge
            held = pools.holds_money(card, name) or not pools.known(card, name)
            return (MONEY, name) if held and charge != name else (UNITS, name)
        if self.term.startswith("adjust."):
            return SHIFT, ""
        return (UNITS, "") if self.term.startswith("prices.") and self.keys.get("meter") else ("", "")


def gathered(ledger: Ledger, pools: Pools) -> list[Line]:
    """Bring the lines that agree on all keys of a row together, and share out what is told by fewer keys.

    Raises:
        InputError: A ledger that is not of one certain world.
    """
    found: dict[tuple[str, ...], Line] = {}
    later: list[Told] = []
    for each in _told(ledger):
        if each.stage == "discount" or (each.stage == "covered" and each.why(pools)[0]):
            later.append(each)
        else:
            _add(found, each, pools)
    usage: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in found.values():
        if line.money.get("list") and line.keys.get("meter"):
            usage[line.charge].append(line)
    for asked, weight in WEIGHTS:
        some = [each for each in later if asked(each, pools)]
        for own in _grouped(some).values():
            _share(found, own, usage.get(own[0].charge, ()), weight, pools)
    return list(found.values())


def _told(ledger: Ledger) -> Iterable[Told]:
    if any(value.ndim > 1 for value in ledger.values.values()):
        msg = "a FOCUS file says what was; this ledger has draws; rate one certain world"
        raise InputError(msg)
    names = [name for name in ledger.keys if name not in DROPPED]
    by = [*names, *(name for name in ("stage", "term") if name in ledger.keys)]
    exact = Lines(ledger.keys, {name: to_exact(value) for name, value in ledger.values.items()})
    for row in exact.fold(by).records():
        keys = {name: row[name] for name in names}
        yield Told(keys, row["stage"], row.get("term", ""), row["amount"], row["quantity"])


def _add(found: dict[tuple[str, ...], Line], told: Told, pools: Pools) -> None:
    line = found.setdefault(tuple(told.keys.values()), Line(told.keys))
    _write(line, told, told.amount, told.quantity, pools)


def _write(line: Line, told: Told, amount: Decimal, quantity: Decimal, pools: Pools) -> None:
    why, name = told.why(pools) if told.stage == "covered" else ("", "")
    line.add(told.stage, name or pool_of(told.term, told.charge[1]), why, amount, quantity)


Weight = Callable[[Line], Decimal]

WEIGHTS: Sequence[tuple[Callable[[Told, Pools], bool], Weight]] = (
    (lambda told, _: told.stage == "discount", lambda line: line.money["list"]),
    (lambda told, pools: told.stage == "covered" and told.why(pools)[0] == UNITS, lambda line: line.money["list"]),
    (
        lambda told, pools: told.stage == "covered" and told.why(pools)[0] == SHIFT,
        lambda line: part_of(line.off(UNITS), line.money["discount"], line.money["list"]) * -1,
    ),
    (
        lambda told, pools: told.stage == "covered" and told.why(pools)[0] == MONEY,
        lambda line: line.amount("contracted") - line.off(UNITS) - line.off(SHIFT),
    ),
)
"""What is shared out, in this order, and by what: discounts and units by list price, money by what is left to pay."""


def _grouped(some: Iterable[Told]) -> dict[tuple[str, ...], list[Told]]:
    """Those of one charge and place in the card: they carry the same keys."""
    out: dict[tuple[str, ...], list[Told]] = defaultdict(list)
    for each in some:
        out[(*each.charge, each.stage, each.term)].append(each)
    return out


def _share(
    found: dict[tuple[str, ...], Line], own: Sequence[Told], usage: Sequence[Line], weight: Weight, pools: Pools
) -> None:
    """Give each of some lines to the usage that agrees with it; what agrees with none stays by itself."""
    names = carried([each.keys for each in own], {line.keys.get("meter", "") for line in usage})
    grain = coarsest([*(finest(each.keys)[0] for each in own), *(finest(line.keys)[0] for line in usage)])
    index: dict[tuple[str, ...], list[Line]] = defaultdict(list)
    for line in usage:
        index[place(line.keys, names, grain)].append(line)
    for each in own:
        under = [(line, weight(line)) for line in index.get(place(each.keys, names, grain), ())]
        under = [(line, share) for line, share in under if share > 0]
        if not under:
            _add(found, each, pools)
        amounts = shares(each.amount, [share for _, share in under])
        counts = shares(each.quantity, [share for _, share in under])
        for (line, _), amount, quantity in zip(under, amounts, counts, strict=True):
            _write(line, each, amount, quantity, pools)


def carried(some: Sequence[Mapping[str, str]], meters: Iterable[str]) -> tuple[str, ...]:
    """The keys that lines of a kind are told by, besides what they are for and when."""
    names = dict.fromkeys(name for keys in some for name, label in keys.items() if label)
    apart = {"card", "charge", *period.GRAINS}
    if not {keys.get("meter", "") for keys in some} <= set(meters):
        apart.add("meter")
    return tuple(name for name in names if name not in apart)


def place(keys: Mapping[str, str], names: Sequence[str], grain: str) -> tuple[str, ...]:
    """Where a line stands: some labels, and the period of a grain that it lies in."""
    own, label = finest(keys)
    when = label if own in ("", grain) else period.roll_up(label, grain)
    return (when, *(keys.get(name, "") for name in names))


def shares(whole: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Share a number out by weights above 0; the last gets what is left, so that nothing is lost.

    >>> [str(each) for each in shares(Decimal(10), [Decimal(1), Decimal(3)])]
    ['2.5', '7.5']
    """
    total, left, out = sum(weights, NONE), whole, []
    for weight in weights[:-1]:
        out.append(part_of(whole, weight, total))
        left -= out[-1]
    return [*out, left] if weights else []

"""Reconciliation: what a log should cost beside what was billed, where the two part, and why that is likely so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pertoken.books.causes import MOVED, NONE, Causes, Labels, Money, model_place
from pertoken.books.theories import theories
from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.exact import CONTEXT
from pertoken.core.lines import Lines, Usage
from pertoken.rating.card import Card
from pertoken.rating.rate import amount, rate

COARSER = {
    "reasoning_tokens": "output_tokens",
    "output_audio_tokens": "output_tokens",
    "output_image_tokens": "output_tokens",
    "cache_read_audio_tokens": "cache_read_tokens",
    "cache_read_image_tokens": "cache_read_tokens",
    "cache_read_tokens": "input_tokens",
    "cache_write_tokens": "input_tokens",
    "input_audio_tokens": "input_tokens",
    "input_image_tokens": "input_tokens",
    "input_video_tokens": "input_tokens",
}
"""What a bill that does not tell a meter apart counts it with."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One line of a reconciliation.

    Args:
        labels: What it is about, by the keys of the reconciliation.
        computed: What the log should cost; None where the log has nothing. [currency]
        billed: What was billed; None where nothing was. [currency]
        cause: Kind of the likely cause: `batch`, `tier`, `speed`, `region`, `band`, `date`, `cache`, `reasoning`,
            `discount`, `duplicate`, `credit`, `missing` or `unknown`; empty where both agree.
        words: The likely cause in words.
    """

    labels: Labels
    computed: Decimal | None
    billed: Decimal | None
    cause: str = ""
    words: str = ""

    @property
    def moved(self) -> bool:
        """Whether it was billed on another day."""
        return (self.cause, self.words) == MOVED

    @property
    def difference(self) -> Decimal:
        """Billed less computed."""
        return (self.billed or NONE) - (self.computed or NONE)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A bill held against a log.

    Args:
        by: Keys of the cells.
        cells: One for each combination of labels that either side has, the widest difference first.
        tolerance: Share of the computed cost by which a cell may part and still agree.
        currency: ISO 4217 code of both sides.
    """

    by: tuple[str, ...]
    cells: tuple[Cell, ...]
    tolerance: Decimal
    currency: str

    @property
    def computed(self) -> Decimal:
        """What the log should cost in all, in the currency."""
        return sum((cell.computed or NONE for cell in self.cells), NONE)

    @property
    def billed(self) -> Decimal:
        """What was billed in all, in the currency."""
        return sum((cell.billed or NONE for cell in self.cells), NONE)

    @property
    def parted(self) -> Decimal:
        """Money in cells that part by more than the tolerance, both ways added up."""
        return sum((abs(cell.difference) for cell in self.cells if cell.cause), NONE)

    def discount(self, **labels: str) -> Decimal | None:
        """Realised discount: the share by which what was billed is below list, over cells that both sides have.

        What was only billed on another day counts as had by both.

        Args:
            **labels: Only for cells with these labels, as `model="openai/gpt-4o"`.
        """
        chosen = [
            cell
            for cell in self.cells
            if (cell.moved or (cell.computed and cell.billed is not None)) and _carries(cell.labels, self.by, labels)
        ]
        computed = sum((cell.computed or NONE for cell in chosen), NONE)
        return 1 - sum((cell.billed or NONE for cell in chosen), NONE) / computed if computed else None


def _carries(labels: Labels, by: Sequence[str], asked: Mapping[str, str]) -> bool:
    own = dict(zip(by, labels, strict=True))
    return all(own.get(name) == label for name, label in asked.items())


def reconcile(
    usage: Usage,
    cards: Sequence[Card],
    bill: Lines,
    by: Sequence[str],
    *,
    tolerance: Decimal = Decimal("0.01"),
) -> Reconciliation:
    """Hold a bill against the usage that it is for.

    Where a group of cells (all keys but the meter) parts by more than the tolerance, theories of how the vendor may
    have counted are rated. The first under which the group agrees is its likely cause; else a share by which all of a
    model's cells are lower is a discount; else the theory that holds for a share of the usage.

    Args:
        usage: Usage in leaf meters, by the keys `by` and those that the cards ask for.
        cards: What we think it costs; exact.
        bill: Money by the keys `by`: value `amount`, no matter which account.
        by: Keys of both; `meter` may be among them.
        tolerance: Share of the computed cost by which a cell may part and still agree.

    Raises:
        InputError: A key that one side lacks.
    """
    currency = cards[0].currency
    billed = _sums(bill, by)
    known = _meters(billed, by)
    computed = _computed(usage, cards, by, known)
    whys = Causes(billed, computed, tuple(by), tolerance)
    for theory in theories(usage, cards) if whys.open else ():
        whys.hold(theory.kind, theory.words, _computed(theory.usage, cards, by, known))
        if not whys.open:
            break
    causes = whys.causes()
    cells = [
        Cell(labels, computed.get(labels), billed.get(labels), *causes.get(labels, ("", "")))
        for labels in sorted({*computed, *billed})
    ]
    return Reconciliation(tuple(by), tuple(sorted(cells, key=lambda cell: -abs(cell.difference))), tolerance, currency)


def _computed(usage: Usage, cards: Sequence[Card], by: Sequence[str], known: Mapping[str, frozenset[str]]) -> Money:
    lines = amount(rate(usage, cards, unpriced="keep").ledger, "contracted")
    found = _sums(lines, by)
    if "meter" not in by:
        return found
    at, model = list(by).index("meter"), model_place(by)
    out: dict[Labels, Decimal] = {}
    for labels, money in found.items():
        told = known.get(labels[model] if model is not None else "", frozenset())
        coarse = (*labels[:at], _told(labels[at], told), *labels[at + 1 :])
        out[coarse] = out.get(coarse, NONE) + money
    return out


def _told(meter: str, told: frozenset[str]) -> str:
    """The meter of the bill that a leaf is counted with."""
    if not told:
        return meter
    each = meter
    while each not in told and each in COARSER:
        each = COARSER[each]
    if each not in told and each.startswith("cache_write_"):
        each = "cache_write_tokens" if "cache_write_tokens" in told else "input_tokens"
    return each


def _meters(billed: Money, by: Sequence[str]) -> Mapping[str, frozenset[str]]:
    """The meters that a bill tells apart, by model."""
    if "meter" not in by:
        return {}
    at, model = list(by).index("meter"), model_place(by)
    out: dict[str, set[str]] = {}
    for labels in billed:
        out.setdefault(labels[model] if model is not None else "", set()).add(labels[at])
    return {name: frozenset(meters) for name, meters in out.items()}


def _sums(lines: Lines, by: Sequence[str]) -> dict[Labels, Decimal]:
    missing = [name for name in by if name not in lines.keys and name not in period.GRAINS]
    if missing:
        msg = f"the bill or the log has no {missing[0]}; reconcile by keys that both have, as --by model"
        raise InputError(msg)
    keyed = lines.with_keys(**{name: lines.period(name) for name in by if name in period.GRAINS})
    return {
        tuple(row[name] for name in by): CONTEXT.create_decimal(row["amount"])
        for row in Lines(keyed.keys, {"amount": keyed.values["amount"]}).fold(by).records()
        if row["amount"]
    }

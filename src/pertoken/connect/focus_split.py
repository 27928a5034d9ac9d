"""Charges split into what pools cover and what they don't, each covered piece with its part of what was drawn."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pertoken.connect.focus_lines import MONEY, SHIFT, UNITS, Line, carried, place, shares
from pertoken.connect.focus_pools import Piece, Pools, part_of
from pertoken.connect.focus_words import coarsest, finest

NONE = Decimal(0)

CHARGED = ("list", "discount", "minimum", "maximum", "rounding")
"""Stages of a charge itself, before a pool covers any of it."""

TOP_UP = "minimum"
"""The charge of what tops up to a minimum: no usage, so it is an adjustment, and so is what a pool pays of it."""

Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What was drawn of each pool, by card and pool; found by the keys and periods that it is told by."""

    pieces: Mapping[tuple[str, str], Sequence[Piece]]
    names: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    index: dict[tuple[str, str, str], dict[Place, Decimal]] = field(default_factory=dict)

    def at(self, card: str, pool: str, keys: Mapping[str, str]) -> Decimal:
        """How much was drawn of a pool where some usage is, in the unit of the pool."""
        own = self.pieces.get((card, pool), ())
        if (card, pool) not in self.names:
            self.names[card, pool] = carried([each.keys for each in own], ())
        names = self.names[card, pool]
        grain = coarsest([finest(keys)[0], *(finest(each.keys)[0] for each in own[:1])])
        if (card, pool, grain) not in self.index:
            table = self.index[card, pool, grain] = defaultdict(Decimal)
            for each in own:
                table[place(each.keys, names, grain)] += each.drawn
        return self.index[card, pool, grain].get(place(keys, names, grain), NONE)


def used(lines: Sequence[Line], pools: Pools) -> list[Piece]:
    """Split charges into what each pool covers and the rest, and give what was drawn to what was covered."""
    by_pool: dict[tuple[str, str], list[Piece]] = defaultdict(list)
    for line in lines:
        for (stage, pool), (amount, quantity) in line.pools.items():
            if stage == "drawn":
                piece = Piece(line.keys, "Used", pool=pool, quantity=quantity, effective=amount, drawn=quantity)
                by_pool[line.charge[0], pool].append(piece)
    drawn = _Drawn(by_pool)
    charged = [line for line in lines if any(stage in line.money for stage in (*CHARGED, "covered"))]
    pieces = [piece for line in charged for piece in _split(line, pools, drawn)]
    for (card, pool), own in by_pool.items():
        pieces += _drawn_by_piece(pieces, own, card, pool, money=pools.holds_money(card, pool))
    return pieces


def _split(line: Line, pools: Pools, drawn: _Drawn) -> Iterator[Piece]:
    contracted = line.amount("contracted")
    rest = Piece(
        line.keys, _status(line), quantity=line.count["list"], list=line.amount("list"), contracted=contracted,
        effective=contracted, billed=contracted, stages=tuple(stage for stage in CHARGED if stage in line.money),
    )  # fmt: skip
    left = -line.money["covered"]
    for why in (UNITS, MONEY) if line.charge[1] != TOP_UP else ():
        covered = _covered(line, rest, why)
        for piece in _by_pool(line, covered, why, pools, drawn) if covered else ():
            left -= piece.contracted
            rest = rest.less(piece.list, piece.contracted, piece.contracted, piece.contracted, piece.quantity)
            yield piece
    if left:
        rest = replace(rest.less(effective=left, billed=left), stages=(*rest.stages, "covered"))
    if rest.status == "Usage" and not (rest.quantity or rest.list):
        rest = replace(rest, status="Adjustment")
    yield rest


def _covered(line: Line, rest: Piece, why: str) -> Piece | None:
    """What pools of a kind cover of a charge: all of it at most."""
    off = line.off(why) + (line.off(SHIFT) if why == UNITS else NONE)
    contracted = min(off, rest.contracted)
    if contracted <= 0:
        return None
    listed = min(line.off(UNITS), rest.list) if why == UNITS else part_of(rest.list, contracted, rest.contracted)
    told = -sum((count for (reason, _), (_, count) in line.covered.items() if reason == UNITS == why), NONE)
    share = (listed, rest.list) if rest.list else (contracted, rest.contracted)
    quantity = told if NONE < told <= rest.quantity else part_of(rest.quantity, *share)
    return replace(
        rest, status="Used", quantity=quantity, list=listed, contracted=contracted, effective=NONE, billed=NONE,
        stages=tuple(dict.fromkeys((*rest.stages, "covered"))),
    )  # fmt: skip


def _by_pool(line: Line, covered: Piece, why: str, pools: Pools, drawn: _Drawn) -> Iterator[Piece]:
    """Share out what is covered over the pools that cover it, by what was drawn of each."""
    card, charge = line.charge
    named = [name for reason, name in line.covered if reason == why and pools.known(card, name)]
    able = tuple(dict.fromkeys((*named, *pools.covering(card, charge, money=why == MONEY))))
    weights = {name: drawn.at(card, name, line.keys) for name in able} if len(able) > 1 else {}
    some = [name for name in able if weights.get(name, NONE) > 0] or able[:1]
    by = [weights.get(name, NONE) or Decimal(1) for name in some]
    columns = (shares(each, by) for each in (covered.quantity, covered.list, covered.contracted))
    for name, quantity, listed, contracted in zip(some, *columns, strict=True):
        yield replace(covered, pool=name, quantity=quantity, list=listed, contracted=contracted)


def _status(line: Line) -> str:
    """Name what a row is: usage, a fee, or something that stands beside the charges."""
    if "list" in line.money and (line.money["list"] or line.count["list"]):
        return "Usage" if line.keys.get("meter") else "Fee"
    given = {"discount", "covered"} & set(line.money) and "rounding" not in line.money
    if given and line.amount("billed") < 0 and line.charge[1] != TOP_UP:
        return "Credit"
    return "Adjustment"


def _drawn_by_piece(
    pieces: list[Piece], drawn: Sequence[Piece], card: str, pool: str, *, money: bool
) -> Iterable[Piece]:
    """Give what was drawn of a pool to the usage that it covered, in place, by units or by money.

    Returns:
        What was drawn for usage without a price: it stands by itself.
    """
    whose = ("Used", pool, card)
    own = [i for i, piece in enumerate(pieces) if (piece.status, piece.pool, piece.keys.get("card", "")) == whose]
    names = carried([each.keys for each in drawn], ())
    grain = coarsest(finest(each.keys)[0] for each in [*drawn, *(pieces[i] for i in own)])
    index: dict[Place, list[int]] = defaultdict(list)
    for i in own:
        index[place(pieces[i].keys, names, grain)].append(i)
    alone = []
    for each in drawn:
        under = index.get(place(each.keys, names, grain), [])
        weights = [pieces[i].contracted if money else pieces[i].quantity for i in under]
        if not sum(weights, NONE):
            alone.append(each)
            continue
        for i, amount, units in zip(under, shares(each.effective, weights), shares(each.drawn, weights), strict=True):
            piece = pieces[i]
            stages = tuple(dict.fromkeys((*piece.stages, "drawn")))
            pieces[i] = replace(piece, effective=piece.effective + amount, drawn=piece.drawn + units, stages=stages)
    return alone

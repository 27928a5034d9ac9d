"""A back-test as a sheet: one table and one picture of how far off forecasts were, part by part, and beside whom."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from pertoken.core.lines import Lines
from pertoken.forecast.backtested import Backtested
from pertoken.forecast.rolling import TENTHS
from pertoken.forecast.scored import LEVELS, Rates, rates
from pertoken.present.basis import set_aside
from pertoken.present.charts_backtest import Judged, judged
from pertoken.present.numbers import counted, show
from pertoken.present.sheet import Cell, Chart, Column, Note, Sheet, Table

EIGHTY = LEVELS.index(0.8)
FEW = 20
"""Forecasts of a total below which their coverage says little."""

PERIODS = {"hour": "hours", "day": "days", "week": "weeks", "month": "months", "quarter": "quarters", "year": "years"}

EACH, TOTAL, LATER, REVENUE = "each customer", "total", "with later ones", "revenue"
"""What the rows that everybody looks for are called."""

BRIEF = {"seasonal-naive": "Naive", "historic-average": "Mean", "lognormal": "Log normal"}
"""What the headers of peers say where there is little room; the tables below have their names in full."""

Block = Chart | Table | Note
Scores = Sequence[tuple[str, Rates]]
"""What is judged, in words, with the scores of all forecasters."""


def sheet(made: Backtested) -> Sheet:
    """Lay a back-test out.

    Args:
        made: What was found.
    """
    scores = [(part, rates(lines, ["forecaster"])) for part, lines in _parts(made)]
    blocks: list[Block] = [*_picture(made, scores), _accuracy(made, scores)]
    blocks += [_forecasters(made), *_against(made), *set_aside(made.report), *_notes(made)]
    title = f"Back-test of {made.of}, {counted(made.scored.horizon, _periods(made))} ahead"
    return Sheet(title, _words(made, dict(scores)[EACH]), tuple(blocks), _meta(made), rounds=True)


def _periods(made: Backtested) -> str:
    return PERIODS.get(made.grain, "periods")


def _row(found: Rates, name: str) -> int | None:
    """Which group is a forecaster's; None if it made none."""
    names = found.lines.keys["forecaster"].column().tolist()
    return names.index(name) if name in names else None


def _cell(number: float) -> Cell:
    return float(number) if np.isfinite(number) else None


def _crps(found: Rates, name: str) -> Cell:
    at = _row(found, name)
    return None if at is None else _cell(found.crps[at])


def _parts(made: Backtested) -> Iterator[tuple[str, Lines]]:
    """What is judged, part by part: customers, all and apart, their total, and the revenue that it comes to."""
    scored = made.scored.customers
    yield EACH, scored
    if len(made.histories) > 1:
        yield from _split(scored, "history", f"from {{}} {_periods(made)}")
    for key in made.by:
        yield from _split(scored, key, f"{key} {{}}")
    if _tenths(made):
        yield from _split(scored, "decile", "tenth {} of 10")
    yield TOTAL, made.scored.totals.where(of="there")
    if made.scored.segments is not None and made.by:
        yield from _split(made.scored.segments, "segment", f"{TOTAL}, {made.by[0]} {{}}")
    if made.money is not None:
        for of in dict.fromkeys(made.money.keys["of"].column().tolist()):
            yield REVENUE if of == "all" else f"{REVENUE}, {of}", made.money.where(of=of)


def _tenths(made: Backtested) -> bool:
    """Whether there are customers enough for tenths by size."""
    return len(np.unique(made.scored.customers.keys["customer"].codes)) >= len(TENTHS)


def _words(made: Backtested, every: Rates) -> str:
    held = show(float(every.coverage[EIGHTY, _row(every, made.ours)]), "share")
    text = f"The range meant to hold 80 % of customers' totals held {held}"
    best = min(made.differences, key=lambda each: each.less, default=None)
    if best is None:
        return f"{text}."
    much = show(abs(best.less), "share")
    return f"{text}; CRPS is {much} {'below' if best.less >= 0 else 'above'} that of the best peer, {best.other}."


def _split(lines: Lines, key: str, words: str) -> Iterator[tuple[str, Lines]]:
    """Tell lines apart by a key, in the order of its labels; numbers lose the zeros that they are sorted by."""
    found = lines.keys[key]
    for label in sorted({found.labels[code] for code in np.unique(found.codes)}):
        said = label.lstrip("0") if key in {"history", "decile"} else label
        yield words.replace("{}", said or "(none)"), lines.where(**{key: label})


def _accuracy(made: Backtested, scores: Scores) -> Table:
    """The one table: how far off ours was part by part, beside each peer."""
    peers = made.forecasters[1:]
    columns = (
        Column("part", "Forecasts of", "text"),
        Column("crps", "CRPS", "share"),
        *(Column(f"crps_{i}", _spoken(name), "share", brief=BRIEF.get(name, "")) for i, name in enumerate(peers, 1)),
        Column("wape", "WAPE", "share"),
        Column("bias", "Bias", "share"),
        Column("in_80", "In 80 %", "share"),
        Column("count", "Made", "count"),
    )
    rows: list[tuple[Cell, ...]] = []
    for part, found in scores:
        if (at := _row(found, made.ours)) is not None:
            own = (_cell(found.wape[at]), _cell(found.bias[at]), _cell(found.coverage[EIGHTY, at]))
            of_peers = (_crps(found, name) for name in peers)
            rows.append((part, _cell(found.crps[at]), *of_peers, *own, int(found.count[at])))
    return Table("accuracy", f"How far off {made.ours} was", columns, tuple(rows), _says(made, scores), total=False)


def _spoken(name: str) -> str:
    """Write a peer's name so that it can be broken in a header."""
    return (name[:1].upper() + name[1:]).replace("-", " ")


def _says(made: Backtested, scores: Scores) -> str:
    """What the one table has to be read with."""
    found = dict(scores)
    every, total = found[EACH], found[TOTAL]
    at = _row(every, made.ours) or 0
    low, high = (show(float(end[EIGHTY, at]), "share") for end in (every.low, every.high))
    says = [
        "Shares of all that came." + (" Columns named after a peer are its CRPS." if made.differences else ""),
        f"If customers' forecasts were independent, the share in 80 % would lie from {low} to {high} with 95 %.",
    ]
    if _tenths(made):
        says[1:1] = [
            "Tenths are by usage before each forecast, the 10th of the largest; those of equal size share one."
        ]
    count = int(max(total.count, default=0))
    if count < FEW:
        says.append(f"{counted(count, 'forecasts')} of the total say{'s' * (count == 1)} little about coverage.")
    if made.money is not None:
        says.append(
            "Revenue is usage charged as a month at its pace: foretold, by the plans of that day; what came, by those "
            "at its end."
        )
    return " ".join(says)


def _picture(made: Backtested, scores: Scores) -> list[Chart]:
    """The same in one picture: CRPS of everybody, and how many ranges of ours held."""
    rows = []
    for part, found in scores:
        at = _row(found, made.ours)
        if at is not None and np.isfinite(found.crps[at]):
            held, low, high = (float(each[EIGHTY, at]) for each in (found.coverage, found.low, found.high))
            sized = {name: _crps(found, name) for name in made.forecasters}
            crps = {name: float(size) for name, size in sized.items() if size is not None}
            rows.append(Judged(part, crps, held, low, high))
    if not rows:
        return []
    text = (
        f"Left, CRPS over what came: one dot for each forecaster, further left is better. Right, how many ranges of "
        f"{made.ours} that should hold 80 % did, with where that share lies with 95 % if forecasts were independent."
    )
    return [Chart("accuracy", f"How far off {made.ours} was", partial(judged, rows), text, "accuracy")]


def _forecasters(made: Backtested) -> Table:
    """The other scores of everybody."""
    totals = made.scored.totals
    judged = [(EACH, made.scored.customers), (TOTAL, totals.where(of="there")), (LATER, totals.where(of="all"))]
    judged += [] if made.money is None else [(REVENUE, made.money.where(of="all"))]
    rows: list[tuple[Cell, ...]] = []
    for what, lines in judged:
        found = rates(lines, ["forecaster"])
        for name in made.forecasters:
            if (at := _row(found, name)) is not None:
                figures = (found.wape[at], found.bias[at], *found.coverage[:, at])
                rows.append((what, name, *map(_cell, figures)))
    columns = (
        Column("of", "Forecasts of", "text"),
        Column("forecaster", "By", "text"),
        Column("wape", "WAPE", "share"),
        Column("bias", "Bias", "share"),
        *(Column(f"in_{level * 100:.0f}", f"In {level:.0%}".replace("%", " %"), "share") for level in LEVELS),
    )
    note = "With later ones: the same total, held against all customers who were there by then."
    return Table("forecasters", "Every forecaster", columns, tuple(rows), note, total=False)


def _against(made: Backtested) -> list[Table]:
    """How much lower CRPS is than that of each peer."""
    if not made.differences:
        return []
    columns = (
        Column("peer", "Peer", "text"),
        Column("less", "CRPS less", "share"),
        Column("low", "P2.5", "share"),
        Column("high", "P97.5", "share"),
        Column("better", "Better in", "share"),
    )
    rows = tuple((d.other, d.less, d.low, d.high, d.better) for d in made.differences)
    note = f"How far the CRPS of {made.ours} is below the peer's; range and share of 2,000 draws of customers in pairs."
    return [Table("against", "Against each peer", columns, rows, note, total=False)]


def _note(text: str) -> Note:
    """Make a note of a sentence; a warning where it begins with `!`."""
    return Note(f"{text.removeprefix('!').strip().rstrip('.')}.", "warning" if text.startswith("!") else "info")


def _notes(made: Backtested) -> list[Note]:
    notes = [_note(text) for text in made.notes]
    if made.overlap:
        text = "Forecasts overlap in time, so that their errors are alike: coverage is less sure than the count says."
        notes.append(Note(text, "warning"))
    return notes


def _meta(made: Backtested) -> dict[str, str]:
    lengths = ", ".join(str(length) for length in made.histories)
    return {
        "history": f"{made.periods[0]} to {made.periods[1]}, {made.customers:,} customers",
        "forecasts": f"after {', '.join(made.origins)}; of {lengths} {_periods(made)}",
        **({"source": made.source} if made.source else {}),
    }

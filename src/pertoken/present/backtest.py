"""A back-test as a sheet: who is nearest to what came, whose ranges hold what they say, and where they do not."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from pertoken.forecast.backtested import NAIVE, Backtested
from pertoken.forecast.scored import LEVELS, Rates, rates
from pertoken.present import charts
from pertoken.present.charts_backtest import coverage, histogram
from pertoken.present.numbers import counted, show
from pertoken.present.sheet import Cell, Chart, Column, Figure, Figures, Note, Sheet, Table

Block = Figures | Table | Chart | Note

EIGHTY = LEVELS.index(0.8)
FEW = 20
"""Forecasts of a total below which their coverage says little."""

SAYS_LITTLE = "; so few say little about coverage"

PERIODS = {"hour": "hours", "day": "days", "week": "weeks", "month": "months", "quarter": "quarters", "year": "years"}

WORDS = {"decile": "tenth by size", "zeros": "idle periods", "history": "history"}
"""What keys are called in a header."""


def sheet(made: Backtested) -> Sheet:
    """Lay a back-test out.

    Args:
        made: What was found.
    """
    every = rates(made.scored.customers, ["forecaster"])
    blocks: list[Block] = [
        _figures(made, every),
        *_charts(made, every),
        _forecasters(made, every),
        _totals(made),
        *_money(made),
    ]
    blocks += [_parts(made, key) for key in ("history", "decile", "zeros", *made.by)]
    blocks += [*_against(made), _pit(made, every), *_notes(made)]
    title = f"Back-test of {made.of}, {counted(made.scored.horizon, _periods(made))} ahead"
    return Sheet(title, _words(made, every), tuple(blocks), _meta(made), rounds=True)


def _periods(made: Backtested) -> str:
    return PERIODS.get(made.grain, "periods")


def _row(found: Rates, name: str) -> int:
    """Which group is a forecaster's."""
    return list(found.lines.keys["forecaster"].column()).index(name)


def _cell(number: float) -> Cell:
    return float(number) if np.isfinite(number) else None


def _naive(made: Backtested) -> str | None:
    """The peer that all are held against: seasonal naive, or else the first."""
    if NAIVE in made.forecasters:
        return NAIVE
    return made.forecasters[1] if len(made.forecasters) > 1 else None


def _words(made: Backtested, every: Rates) -> str:
    at = _row(every, made.ours)
    held = show(float(every.coverage[EIGHTY, at]), "share")
    text = f"The range meant to hold 80 % of customers' totals held {held}"
    best = min(made.differences, key=lambda each: each.less, default=None)
    if best is None:
        return f"{text}."
    much = show(abs(best.less), "share")
    return f"{text}; CRPS is {much} {'below' if best.less >= 0 else 'above'} that of the best peer, {best.other}."


def _figures(made: Backtested, every: Rates) -> Figures:
    at = _row(every, made.ours)
    total = rates(made.scored.totals.where(of="there"), ["forecaster"])
    items = [
        Figure("crps", "CRPS", _cell(every.crps[at]), "share", "", "of all that came"),
        Figure("wape", "WAPE", _cell(every.wape[at]), "share"),
        Figure("bias", "Bias", _cell(every.bias[at]), "share"),
        Figure("held", "In the 80 % range", _cell(every.coverage[EIGHTY, at]), "share", "", "customers' totals"),
    ]
    if made.ours in total.lines.keys["forecaster"].column().tolist():
        held = total.coverage[EIGHTY, _row(total, made.ours)]
        items.append(Figure("total_held", "Total in its 80 % range", _cell(held), "share"))
    return Figures(tuple(items))


def _charts(made: Backtested, every: Rates) -> list[Chart]:
    rows = [(name, _row(every, name)) for name in made.forecasters]
    size = [(name, float(every.crps[at])) for name, at in rows if np.isfinite(every.crps[at])]
    levels = {_level(level): level for level in LEVELS}
    held = [(name, dict(zip(levels, every.coverage[:, at].tolist(), strict=True))) for name, at in rows]
    ours = every.pit[:, _row(every, made.ours)].tolist()
    words = (
        "One bar for each forecaster; shorter is better.",
        "Shares of forecasts inside each range, beside the share that it should hold.",
        "Ten columns, even where ranges are as wide as they should be; high ends mean too narrow.",
    )
    bars = partial(charts.bars, size, title="CRPS over what came", kind="share")
    shown = [Chart("crps", "How far off forecasts are", bars, words[0], "forecasters")] if size else []
    return [
        *shown,
        Chart("coverage", "How often ranges held", partial(coverage, held, levels), words[1], "forecasters"),
        Chart("pit", f"Where what came lay in the range of {made.ours}", partial(histogram, ours), words[2], "pit"),
    ]


def _level(level: float) -> str:
    return f"{level:.0%} range".replace("%", " %")


def _rate_columns() -> tuple[Column, ...]:
    return (
        Column("crps", "CRPS", "share"),
        Column("wape", "WAPE", "share"),
        Column("bias", "Bias", "share"),
        *(Column(f"in_{level * 100:.0f}", f"In {level:.0%}".replace("%", " %"), "share") for level in LEVELS),
    )


def _rate_cells(found: Rates, at: int) -> tuple[Cell, ...]:
    held = [_cell(found.coverage[i, at]) for i in range(len(LEVELS))]
    return (_cell(found.crps[at]), _cell(found.wape[at]), _cell(found.bias[at]), *held)


def _forecasters(made: Backtested, every: Rates) -> Table:
    count = int(every.count[_row(every, made.ours)])
    rows = [(name, *_rate_cells(every, _row(every, name))) for name in made.forecasters]
    low, high = (float(end[EIGHTY, _row(every, made.ours)]) for end in (every.low, every.high))
    note = (
        f"{count:,} forecasts of a customer each. If they were independent, the share of {made.ours} in 80 % would "
        f"lie between {show(low, 'share')} and {show(high, 'share')} with 95 %."
    )
    columns = (Column("forecaster", "Customers", "text"), *_rate_columns())
    return Table("forecasters", "Each customer's total", columns, tuple(rows), note, total=False)


def _totals(made: Backtested) -> Table:
    there, every = (rates(made.scored.totals.where(of=of), ["forecaster"]) for of in ("there", "all"))
    names = there.lines.keys["forecaster"].column().tolist()
    rows = [
        (name, *_rate_cells(there, _row(there, name)), _cell(every.bias[_row(every, name)]))
        for name in made.forecasters
        if name in names
    ]
    count = int(max(there.count, default=0))
    few = SAYS_LITTLE if count < FEW else ""
    note = (
        f"{counted(count, 'forecasts')} of the total of customers there at the time{few}. The last column holds them "
        "against all customers, with those who came later."
    )
    columns = (Column("forecaster", "Total", "text"), *_rate_columns(), Column("bias_all", "Bias, all", "share"))
    return Table("totals", "The total of all customers", columns, tuple(rows), note, total=False)


def _money(made: Backtested) -> list[Table]:
    """What forecasts would have charged, against what came, charged likewise."""
    if made.money is None:
        return []
    rows: list[tuple[Cell, ...]] = []
    count = 0
    for of in dict.fromkeys(made.money.keys["of"].column().tolist()):
        found = rates(made.money.where(of=of), ["forecaster"])
        count = max(count, int(max(found.count, default=0)))
        names = found.lines.keys["forecaster"].column().tolist()
        about = "" if of == "all" else f" of {of}"
        rows += [
            (f"{name}{about}", *_rate_cells(found, names.index(name))) for name in made.forecasters if name in names
        ]
    few = f" {counted(count, 'forecasts')} of each{SAYS_LITTLE}." if count < FEW else ""
    note = f"Usage, both foretold and come, is charged as a month at its pace, by the plans of that day.{few}"
    columns = (Column("forecaster", "Revenue", "text"), *_rate_columns())
    return [Table("revenue", "The revenue that it comes to", columns, tuple(rows), note, total=False)]


def _parts(made: Backtested, key: str) -> Table:
    """Scores of ours by a key, beside the peer that all are held against."""
    scored, naive = made.scored.customers, _naive(made)
    found = rates(scored.where(forecaster=made.ours), [key])
    labels = found.lines.keys[key].column().tolist()
    other = _crps_of(made, naive, key)
    rows = [
        (
            _label(made, key, label), int(found.count[i]), _cell(found.crps[i]), _cell(other.get(label, np.nan)),
            _cell(found.bias[i]), _cell(found.coverage[EIGHTY, i]), _cell(found.low[EIGHTY, i]),
            _cell(found.high[EIGHTY, i]),
        )
        for i, label in enumerate(labels)
    ]  # fmt: skip
    columns = (
        Column("part", WORDS.get(key, key).capitalize(), "text"),
        Column("count", "Made", "count"),
        Column("crps", "CRPS", "share"),
        Column("crps_naive", "Naive", "share"),
        Column("bias", "Bias", "share"),
        Column("in_80", "In 80 %", "share"),
        Column("low", "from", "share"),
        Column("high", "to", "share"),
    )
    note = {"decile": "By usage before each forecast; tenths of equal size share one.", "history": ""}.get(key, "")
    name = "by_" + "".join(c if c.isalnum() else "_" for c in key.lower())
    return Table(name, f"{made.ours} by {WORDS.get(key, key)}", columns, tuple(rows), note, total=False)


def _label(made: Backtested, key: str, label: str) -> str:
    if key == "history":
        return f"{int(label)} {_periods(made)}"
    if key == "decile":
        return f"{int(label)} of 10"
    return label or "(none)"


def _crps_of(made: Backtested, name: str | None, key: str) -> dict[str, float]:
    if name is None:
        return {}
    found = rates(made.scored.customers.where(forecaster=name), [key])
    return dict(zip(found.lines.keys[key].column().tolist(), found.crps.tolist(), strict=True))


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


def _pit(made: Backtested, every: Rates) -> Table:
    columns = (Column("stretch", "Place in the range", "text"), *(
        Column(f"f{i}", name[:14], "share") for i, name in enumerate(made.forecasters[:4])
    ))  # fmt: skip
    shares: Sequence[np.ndarray] = [every.pit[:, _row(every, name)] for name in made.forecasters[:4]]
    size = len(shares[0])
    rows: list[tuple[Cell, ...]] = [
        (f"{100 * i // size} to {100 * (i + 1) // size} %", *(float(each[i]) for each in shares)) for i in range(size)
    ]
    note = f"Each would be {show(1 / size, 'share')} if ranges were as wide as they should be."
    return Table("pit", "Where what came lay in its range", columns, tuple(rows), note, total=False)


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

"""An API against fleets of one's own as a sheet: who is cheaper where, what each side costs, and a picture of both."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import isfinite

from pertoken.present.machine_columns import columns
from pertoken.present.numbers import counted, show
from pertoken.present.sheet import Cell, Column, Figure, Figures, Note, Sheet, Table
from pertoken.present.sizing_pictures import both_sides
from pertoken.present.sizing_words import BUYING, PURCHASES, basis, load, machine, warnings
from pertoken.serving.against import BuildOrBuy, OwnFleet
from pertoken.serving.breakeven import ABOVE, Crossing, Stretch

API = "API"

PEOPLE = ("machines", "engineering", "operations")
"""Lines of a fleet that have columns of their own; others are added up."""

MONEY = tuple(Column(name, name.capitalize(), "money", "USD") for name in PEOPLE)

COSTS = (
    Column("side", "Side", "text"),
    *MONEY,
    Column("other", "Other", "money", "USD"),
    Column("calls", "Calls", "money", "USD"),
    Column("monthly", "Month", "money", "USD", formula="machines + engineering + operations + other + calls"),
    *columns("utilisation"),
)

FLEETS = (
    *columns("gpu", "gpus", "precision", "attention_groups", "purchase"),
    Column("commitment", "Commitment", "text"),
    *columns("provider", "instance", "region", "as_of", "best_rate"),
    Column("machine_rate", "Rate of a machine", "estimate", "1/s"),
    *columns("machines", "utilisation"),
    Column("committed", "Committed", "quantity"),
    Column("committed_usd", "Committed price", "unit_money", "USD/h"),
    Column("others", "Others", "quantity"),
    Column("others_usd", "Their price", "unit_money", "USD/h"),
    Column(
        "machines_usd", "Machines", "money", "USD", formula="(committed * committed_usd + others * others_usd) * 730"
    ),
    *MONEY[1:],
    Column("other", "Other", "money", "USD"),
    Column("monthly", "Month", "money", "USD", formula="machines_usd + engineering + operations + other"),
    Column("requests", "Requests a month", "quantity"),
    Column("per_thousand", "1,000 requests", "unit_money", "USD", formula="monthly / requests * 1000"),
    Column("pays_from", "Pays first from", "quantity", "requests/month"),
    Column("pays_for_good", "For good from", "quantity", "requests/month"),
    Column("crossings", "Crossings", "count"),
    Column("looked", "Looked up to", "quantity", "requests/month"),
    *columns("basis", "notes"),
)

STRETCHES = (
    Column("low", "From", "count", "/month"),
    Column("high", "To", "count", "/month"),
    Column("way", "The cheapest", "text"),
    Column("low_per_thousand", "At first", "estimate", "USD/1,000"),
    Column("high_per_thousand", "At last", "estimate", "USD/1,000"),
)

CROSSINGS = (
    Column("volume", "Requests", "count", "/month"),
    Column("cheaper", "Cheaper above", "text"),
    Column("step", "Why", "text"),
    Column("calls", "API", "money", "USD"),
    Column("machines_usd", "Machines", "money", "USD"),
    *MONEY[1:],
    Column("other", "Other", "money", "USD"),
    *columns("machines", "utilisation"),
)

EACH = (
    Column("way", "Way", "text"),
    Column("volume", "Requests", "quantity", "/month"),
    Column("cheaper", "Cheaper above", "text"),
    Column("step", "Why", "text"),
    Column("calls", "API", "money", "USD"),
    *columns("machines", "utilisation"),
)

TOP = 8
"""Rows of a table that people are shown."""

GOOD = "for good"


def sheet(answer: BuildOrBuy, *, brief: bool = False) -> Sheet:
    """Lay out an API against fleets of one's own.

    Args:
        answer: What was found.
        brief: True for people: the best of each GPU, and the crossings of the cheapest way alone.
    """
    tables = [_costs(answer, brief=brief), _stretches(answer, brief=brief), _crossings(answer, brief=brief)]
    if not brief:
        tables = [_fleets(answer), *tables, _each(answer)]
    notes = [Note(text, level) for text, level in _notes(answer)]  # type: ignore[arg-type]
    choices = {(fleet.choice.gpu, fleet.choice.gpus, fleet.choice.precision): fleet.choice for fleet in answer.fleets}
    marked = [Note(each, "warning") for each in warnings(choices.values())]
    best = answer.fleets[0].rented
    return Sheet(
        f"{answer.api.name} by API, or {answer.model} on GPUs of one's own",
        _words(answer),
        (_figures(answer), *tables, both_sides(answer, _best(answer), _name(answer, -1, brief=True)), *notes, *marked),
        {
            "prices of the API": answer.api.source,
            "price of the cheapest machine": ", ".join(filter(None, [best.as_of, best.source])),
            "engine": answer.sized.engine,
        },
    )


def way(fleet: OwnFleet, *at: float, brief: bool = False) -> str:
    """Name a way to serve, with how its machines are bought at volumes [request/month]."""
    purchases = [*dict.fromkeys(fleet.purchase(volume) for volume in at)]
    rented = fleet.rented
    where = f"{rented.provider} {BUYING[purchases[0]]}" if brief else machine(rented, purchases[0])
    return ", then ".join([f"{_replica(fleet)}, {where}", *(BUYING[each] for each in purchases[1:])])


def _replica(fleet: OwnFleet) -> str:
    one = fleet.choice
    return f"{one.gpus} x {one.gpu} {one.precision}" + (", attention apart" if one.apart > 1 else "")


def _volume(requests: float) -> str:
    return show(round(requests), "count")


def _dollars(amount: float) -> str:
    return f"{show(round(amount), 'count')} USD"


def _words(answer: BuildOrBuy) -> str:
    best, api = answer.fleets[0], answer.api_monthly
    own, call = way(best, answer.volume, brief=True), f"{answer.api.name} by API"
    sides = (own, call) if answer.less == "own" else (call, own)
    low, high = map(_dollars, sorted((best.cost, api)))
    text = f"{_volume(answer.volume)} requests a month cost {low} with {sides[0]}; {high} with {sides[1]}. "
    if answer.barred:
        text += f"The API is no choice ({'; '.join(answer.barred)}), so one's own fleet it is. "
    pays = [each.volume for each in answer.crossings if each.cheaper == "own"]
    if not pays:
        return f"{text}No fleet costs less than the API up to {_volume(answer.looked)} a month."
    if len(pays) == 1:
        return f"{text}A fleet costs less from {_volume(pays[0])} a month on."
    return f"{text}A fleet first costs less at {_volume(pays[0])} a month, {GOOD} from {_volume(pays[-1])}."


def _notes(answer: BuildOrBuy) -> Iterator[tuple[str, str]]:
    targets = answer.sized.wanted.targets
    yield f"Asked: {load(answer.sized.wanted)}.", "info"
    if answer.barred:
        more = answer.fleets[0].cost - answer.api_monthly
        cost = f"costs {_dollars(more)} a month more than" if more > 0 else "costs no more than"
        yield f"The API is no choice: {'; '.join(answer.barred)}. Serving oneself {cost} the API.", "warning"
    if (unknown := answer.api.unknown(targets)) and not answer.api.private:
        name, option = " and ".join(unknown), ", ".join(f"--api-{each.lower()}" for each in unknown)
        yield f"{name} of the API not known, so not held to the target; say what you measured by {option}.", "warning"
    known = [name for name in ("ttft", "tpot") if getattr(answer.api, name) is not None]
    if known and not answer.api.misses(targets):
        yield f"The API meets the targets by the {' and '.join(each.upper() for each in known)} that you say.", "info"
    if answer.tuned:
        fine = answer.tuned
        run = (
            f"{show(fine.hours, 'estimate')} GPU-hours on {fine.gpu} at {show(fine.usd_per_gpu_hour, 'unit_money')} USD"
        )
        every = f"every {counted(fine.every_months, 'months')}" if fine.every_months > 1 else "every month"
        yield f"Fine-tuning, under other: {run}, {show(fine.once, 'money')} USD {every}.", "info"
    yield "A fleet takes machines one by one, so its cost rises in steps; between them crossings are exact.", "info"


def _figures(answer: BuildOrBuy) -> Figures:
    best = answer.fleets[0]
    own, api = best.cost / answer.volume * 1000, answer.api.per_request * 1000
    return Figures(
        (
            Figure("api", "API, month", answer.api_monthly, "money", "USD", note=answer.api.name),
            Figure("own", "Own, month", best.cost, "money", "USD", note=way(best, answer.volume, brief=True)),
            Figure("api_per_thousand", "API, 1,000 requests", api, "estimate", "USD"),
            Figure("own_per_thousand", "Own, 1,000 requests", own, "estimate", "USD"),
        )
    )


def _costs(answer: BuildOrBuy, *, brief: bool) -> Table:
    api = answer.api_monthly
    rows: list[tuple[Cell, ...]] = [(f"{API}: {answer.api.name}", 0.0, 0.0, 0.0, 0.0, api, api, None)]
    rows += [_cost(answer, fleet, brief=brief) for fleet in (_best(answer) if brief else answer.fleets)]
    note = f"At {_volume(answer.volume)} requests a month" + ("; the cheapest way on each GPU." if brief else ".")
    table = Table("costs", "What each side costs a month", COSTS, tuple(rows), note, total=False)
    return _rounded(table, drop=("utilisation",)) if brief else table


def _rounded(table: Table, *, drop: Sequence[str] = ()) -> Table:
    """Round money to whole units, for people, and leave out columns of nothing but zeros."""
    rows = [
        tuple(_whole(cell) if column.kind == "money" else cell for cell, column in zip(row, table.columns, strict=True))
        for row in table.rows
    ]
    kept = [
        k for k, column in enumerate(table.columns)
        if column.name not in drop and (column.kind != "money" or any(row[k] for row in rows))
    ]  # fmt: skip
    shown = [replace(each, kind="count", formula=None) if each.kind == "money" else each for each in table.columns]
    cells = tuple(tuple(row[k] for k in kept) for row in rows)
    return replace(table, columns=tuple(shown[k] for k in kept), rows=cells)


def _whole(cell: Cell) -> Cell:
    return None if cell is None or isinstance(cell, str) else round(cell)


def _best(answer: BuildOrBuy) -> list[OwnFleet]:
    """Take the cheapest way on each GPU."""
    found: dict[str, OwnFleet] = {}
    for fleet in answer.fleets:
        found.setdefault(fleet.choice.gpu, fleet)
    return list(found.values())


def _lines(fleet: OwnFleet) -> tuple[float, float, float, float]:
    """Take machines, engineering, operations and the sum of all else."""
    each = {name: float(amounts[0]) for name, amounts in fleet.monthly.lines.items()}
    machines, engineering, operations = (each.pop(name) for name in PEOPLE)
    return machines, engineering, operations, sum(each.values())


def _cost(answer: BuildOrBuy, fleet: OwnFleet, *, brief: bool) -> tuple[Cell, ...]:
    lines = _lines(fleet)
    return (_replica(fleet) if brief else way(fleet, answer.volume), *lines, 0.0, sum(lines), fleet.utilisation)


def _fleets(answer: BuildOrBuy) -> Table:
    rows = tuple(_row(answer, fleet) for fleet in answer.fleets)
    note = f"At {_volume(answer.volume)} requests a month."
    return Table("fleets", "Ways to serve it oneself", FLEETS, rows, note, total=False)


def _row(answer: BuildOrBuy, fleet: OwnFleet) -> tuple[Cell, ...]:
    one, rented, lines = fleet.choice, fleet.rented, _lines(fleet)
    pays = [each.volume for each in fleet.crossings if each.cheaper == "own"]
    return (
        one.gpu, one.gpus, one.precision, one.apart, PURCHASES[fleet.purchase(answer.volume)],
        PURCHASES[rented.purchase] if rented.committed else "", rented.provider, rented.instance, rented.region,
        rented.as_of, one.best, fleet.own.rate, fleet.machines, fleet.utilisation, fleet.committed,
        rented.usd_per_hour if rented.committed else 0.0, fleet.machines - fleet.committed,
        rented.follows if isfinite(rented.follows) else 0.0, *lines,
        sum(lines), answer.volume, sum(lines) / answer.volume * 1000, *((pays[0], pays[-1]) if pays else (None, None)),
        len(fleet.crossings), fleet.looked, basis(one), "; ".join(one.notes),
    )  # fmt: skip


def _name(answer: BuildOrBuy, which: int, *at: float, brief: bool) -> str:
    return f"{API}: {answer.api.name}" if which < 0 else way(answer.fleets[which], *at, brief=brief)


def _stretches(answer: BuildOrBuy, *, brief: bool) -> Table:
    listed = answer.stretches[:TOP] if brief else answer.stretches
    left = len(answer.stretches) - len(listed)
    note = f"{left} more are in --format json." if left else ""
    rows = tuple(_stretch(answer, each, brief=brief) for each in listed)
    return Table("stretches", "The cheapest way, from volume to volume", STRETCHES, rows, note, total=False)


def _stretch(answer: BuildOrBuy, each: Stretch, *, brief: bool) -> tuple[Cell, ...]:
    ends = (each.low * (1 + 1e-7), each.high * (1 - 1e-7))
    if each.which < 0:
        first = last = answer.api.per_request * 1000
    else:
        own = answer.fleets[each.which].own
        first, last = (float(own.cost(at)[0]) / at * 1000 if at else None for at in ends)  # type: ignore[assignment]
    return (round(each.low), round(each.high), _name(answer, each.which, *ends, brief=brief), first, last)


def _crossings(answer: BuildOrBuy, *, brief: bool) -> Table:
    found = answer.crossings
    shown = found if not brief or len(found) <= TOP else (*found[: TOP - 1], found[-1])
    left = len(found) - len(shown)
    note = f"Up to {_volume(answer.looked)} requests a month, against the way that is then the cheapest."
    note += f" {left} between the last two are in --format json." if left else ""
    rows = tuple(_crossing(answer, each, brief=brief) for each in shown)
    table = Table("crossings", "Where the cheaper side changes", CROSSINGS, rows, note, total=False)
    return _rounded(table, drop=("machines_usd", "engineering", "operations", "other")) if brief else table


def _crossing(answer: BuildOrBuy, each: Crossing, *, brief: bool) -> tuple[Cell, ...]:
    fleet = answer.fleets[each.which]
    at = each.volume * ABOVE if each.step else each.volume
    machines = float(fleet.own.cost(at)[0]) - fleet.own.fixed
    side = _name(answer, -1 if each.cheaper == "api" else each.which, at, brief=brief)
    return (
        round(each.volume), side, _why(each), each.cost, machines, *_lines(fleet)[1:], each.machines, each.utilisation
    )  # fmt: skip


def _why(each: Crossing) -> str:
    return "a machine more" if each.step else "volume"


def _each(answer: BuildOrBuy) -> Table:
    rows = tuple(
        (way(fleet, each.volume), each.volume, API if each.cheaper == "api" else "own fleet", _why(each), each.cost,
         each.machines, each.utilisation)
        for fleet in answer.fleets for each in fleet.crossings
    )  # fmt: skip
    return Table("each", "Where each way by itself crosses the API", EACH, rows, total=False)

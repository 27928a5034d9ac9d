"""What became of customers who came together: cohorts of a log, and what they are worth."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.lines import Lines
from pertoken.core.money import Values
from pertoken.core.period import GRAINS, begins, ends, roll_up
from pertoken.rating.card import Card
from pertoken.workbench.asked import LogAhead
from pertoken.workbench.cards import Aside
from pertoken.workbench.declared import agreements_of
from pertoken.workbench.histories import UNPAID, History, history, only_months
from pertoken.workbench.owing import charged_for, owing
from pertoken.workbench.preparing import in_time
from pertoken.workbench.suspected import one_number, questions, suspected

if TYPE_CHECKING:
    from pertoken.forecast.agreement import Agreement
    from pertoken.forecast.cohort_answer import Cohorts, Converted, Selling
    from pertoken.forecast.cohort_report import Ask
    from pertoken.forecast.panel import Panel

STEPS = {
    "usage": "Was there a price change, a new plan, a launch? It counts as growth, or as loss, of those who were there",
    "price": "Did prices change? All months are charged by the cards that are given",
}
"""What is asked about a step that nobody declared, in usage or in what a unit cost."""

RECENT = 91
"""Days from which the margin and what is committed are taken."""


def cohorts(
    log: "str | Path",
    *,
    revenue: Iterable[str | Card] = (),
    cost: Iterable[str | Card] = (),
    by: str = "month",
    window: int | str = 28,
    state: str = "",
    cac: "float | Mapping[str, float] | str | Path | None" = None,
    marketing: "Mapping[str, float] | str | Path | None" = None,
    discount: float = 0.1,
    months: int = 60,
    churn: float = 0.06,
    draws: int = 2_000,
    seed: int = 0,
    unpriced: Aside = "raise",
    **how: Unpack[LogAhead],
) -> "Cohorts":
    """Follow customers who came together: retention, expansion, who is still one, what a new one is worth.

    Args:
        log: As for `statement`; it must name customers and days.
        revenue: Cards of what we are paid; without, all is told in usage.
        cost: Cards of what we pay, for margins.
        by: Cohorts: `month` or `quarter` of the first payment, or a key that says what a customer is.
        window: Days of a window, 28 or 91 as a rule; or `month` for a log that knows only months.
        state: Key that says whether a customer pays (`free`, `trial`, or a name of what is paid for).
        cac: What it costs to win a customer: a number, by cohort, or a file of `cohort,cac`. [currency]
        marketing: What sales and marketing cost: by month, or a file of `month,amount`. [currency]
        discount: Cost of money, a year.
        months: How long lives are followed.
        churn: What is believed of leaving in the first month, before the history speaks; worth 20 customer-months.
        draws: Worlds of lifetime value.
        seed: Of the random numbers.
        unpriced: `raise` when usage has no price, `report` to leave it out of the money.
        **how: How the log is read, as for `statement`; commitments of contracts are owed, and settled by term.

    Raises:
        PertokenError: What is wrong with the log, the cards or the files, and the mend.
    """
    from pertoken.forecast.cohort_report import Ask  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.lifetime import Life  # noqa: PLC0415
    from pertoken.forecast.retention import RetentionPrior  # noqa: PLC0415

    grain, width = ("month", 28) if window == "month" else ("day", _days(window))
    if not 0 < churn < 1:
        raise InputError(
            f"a belief that {churn:.0%} leave in the first month; expected more than none and less than all"
        )
    life, prior = Life(discount=discount, months=months), RetentionPrior(churn=churn)
    ask = Ask(by=by, width=width, life=life, retention=prior, draws=draws, seed=seed)
    own = [name for name in (by, state) if name and name not in GRAINS]
    read = _read(log, how, tracks=own, revenue=revenue, cost=cost, grain=grain, unpriced=unpriced)
    signed = agreements_of(how.get("contracts", ()), read)
    zone = how.get("timezone", "UTC")
    return _followed(read, ask, signed, state=state, cac=cac, marketing=marketing, timezone=zone)


def _read(log: "str | Path", how: LogAhead, **asked: Any) -> History:  # noqa: ANN401  as `history`
    """Read a log that may have no cards; of one that knows only months, say what to do."""
    with only_months("take windows of months (`--window month`, window='month')"):
        return history(log, bare=True, how=in_time(how), **asked)


def _followed(
    read: History,
    ask: "Ask",
    signed: "Sequence[Agreement]",
    *,
    state: str,
    cac: "float | Mapping[str, float] | str | Path | None",
    marketing: "Mapping[str, float] | str | Path | None",
    timezone: str,
) -> "Cohorts":
    """Follow the customers of a history."""
    from pertoken.forecast.cohort_answer import Cohorts  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.cohort_report import cohort_report  # noqa: PLC0415
    from pertoken.usage.report import partial_day  # noqa: PLC0415

    used, unit = _used(read)
    paid, owed, notes = _paid(read, used, signed)
    paid, paying = _of_state(paid, state)
    used, paid, owed, cut = _whole(used, paid, owed, read, partial_day(read.report.last, timezone))
    share, costed = _margin_share(read, paid)
    selling = _selling(read, paid, _spending(marketing))
    ask = replace(ask, life=replace(ask.life, share=share), cac=_cac(cac, selling))
    report = cohort_report(paid, ask, used)
    now = report.windows.value[:, -1]
    return Cohorts(
        report,
        ask,
        read.report,
        unit=read.currency if "revenue" in read.ledgers else unit,
        costed=costed,
        margin_share=share,
        committed_share=_committed_share(read, paid, owed),
        run_rate=float(now.sum()) * 365.25 / report.width,
        growth=_growth(paid),
        selling=selling,
        converted=_converted(read, used, paid, paying),
        cards=read.cards,
        says=(*read.says, *notes, *cut, *_unsold(marketing, selling), *_first(paid, ask.by)),
        warns=(*_whales(now, report.customers), *questions(suspected(one_number(read), paid=read.said_cost), STEPS)),
    )


def _days(window: int | str) -> int:
    days = int(window) if str(window).isdigit() else 0
    if days < 1:
        raise InputError(f"a window of {window!r}; expected days, as 28 or 91, or `month`")
    return days


def _used(read: History) -> "tuple[Panel, str]":
    """Usage as one number for each customer and period, and what it counts."""
    from pertoken.forecast.plans import driver_weights  # noqa: PLC0415  the calculator must start fast

    panel = read.panel
    weights = driver_weights(panel.cells, np.nansum(panel.quantity, axis=(1, 2)))
    meters = sorted({name for name, weight in zip(panel.cells["meter"].column(), weights, strict=True) if weight})
    unit = meters[0] if len(meters) == 1 else "tokens" if all(name.endswith("tokens") for name in meters) else "units"
    return panel.weighted(weights, unit), unit


def _paid(read: History, used: "Panel", signed: "Sequence[Agreement]") -> "tuple[Panel, Values, tuple[str, ...]]":
    """What customers were charged by period, and what of it is owed whatever is used; usage where there is no card."""
    from pertoken.books.committed import committed  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.earned import earned  # noqa: PLC0415

    if "revenue" not in read.ledgers:
        charged_for(signed)
        return used, np.zeros(used.value.shape), ()
    lines = committed(read.ledgers["revenue"], read.cards["revenue"])
    months = tuple(sorted({roll_up(label, "month") for label in used.periods}))
    amount, owed = (_matrix(lines, name, used.customers, months) for name in ("amount", "committed"))
    amount, owed, notes = owing(signed, used, months, amount, owed)
    if used.grain == "month":
        order = [months.index(label) if label in months else -1 for label in used.periods]
        padded = (np.concatenate([each, np.zeros((len(used), 1))], axis=1)[:, order] for each in (amount, owed))
        money, base = (np.where(np.isnan(used.value), np.nan, each) for each in padded)
    else:
        money, base = earned(used, months, amount, owed), earned(used, months, owed, owed)
    cells = {"meter": Key.constant("revenue", 1)}
    return replace(used, quantity=money[None], cells=cells), base, notes


def _matrix(lines: Lines, name: str, customers: Sequence[str], months: Sequence[str]) -> Values:
    """Lay lines by customer and month out, shape `(customer, month)`."""
    rows, columns = ({label: i for i, label in enumerate(labels)} for labels in (customers, months))
    who, when = lines.key("customer"), lines.key("month")
    row = np.array([rows.get(label, -1) for label in who.labels] or [-1])[who.codes]
    column = np.array([columns.get(label, -1) for label in when.labels] or [-1])[when.codes]
    made: Values = np.zeros((len(customers), len(months)))
    here = (row >= 0) & (column >= 0)
    np.add.at(made, (row[here], column[here]), lines.values[name][here])
    return made


def _of_state(paid: "Panel", state: str) -> "tuple[Panel, tuple[str, ...]]":
    """Let only what is paid for count; which states those are."""
    if not state:
        return paid, ()
    track = paid.tracks[state]
    pays = np.array([label.strip().lower() not in UNPAID for label in track.labels])
    value = np.where(pays[track.codes] | np.isnan(paid.value), paid.value, 0.0)
    names = tuple(label for label, each in zip(track.labels, pays, strict=True) if each)
    return replace(paid, quantity=value[None]), names


def _whole(
    used: "Panel", paid: "Panel", owed: Values, read: History, partial: str
) -> "tuple[Panel, Panel, Values, tuple[str, ...]]":
    """Leave a partial last day out, or months at both ends that the log has only in part."""
    first, last = 0, len(used.periods)
    if used.grain == "month" and read.report.first:
        edges = np.array([read.report.first[:10], read.report.last[:10]], dtype="datetime64[D]")
        first += bool(edges[0] > begins(used.periods[:1]).astype("datetime64[D]")[0])
        last -= bool(edges[1] + 1 < ends(used.periods[-1:]).astype("datetime64[D]")[0]) or bool(partial)
    elif partial:
        last -= 1
    if last <= first:
        raise InputError("the log has no whole period; take more of it")
    if (first, last) == (0, len(used.periods)):
        return used, paid, owed, ()
    gone = [used.periods[0]] * first + [used.periods[-1]] * (len(used.periods) - last)
    there = np.flatnonzero(used.since < last)
    used, paid = (each.pick(there).window(first, last) for each in (used, paid))
    return (used, paid, owed[there, first:last], (f"{' and '.join(gone)}, only partly in the log, is left out",))


def _margin_share(read: History, paid: "Panel") -> tuple[float, bool]:
    """Share of revenue that is margin of those who ever paid, over the last three months; 1 where no cost is known."""
    from pertoken.rating.rate import amount  # noqa: PLC0415  the calculator must start fast

    if set(read.ledgers) != {"revenue", "cost"}:
        return 1.0, False
    ever = {name for name, row in zip(paid.customers, np.nan_to_num(paid.value) > 0, strict=True) if row.any()}
    late = sorted({roll_up(label, "month") for label in paid.periods})[-3:]
    sums = {}
    for side in ("revenue", "cost"):
        lines = amount(read.ledgers[side], "effective")
        month, who = lines.period("month"), lines.key("customer")
        mine = np.array([label in ever for label in who.labels] or [False])[who.codes]
        mine &= np.array([label in late for label in month.labels] or [False])[month.codes]
        sums[side] = float(lines.values["amount"][mine].sum())
    return (1 - sums["cost"] / sums["revenue"], True) if sums["revenue"] > 0 else (1.0, False)


def _spending(marketing: "Mapping[str, float] | str | Path | None") -> Mapping[str, float]:
    if isinstance(marketing, (str, Path)):
        from pertoken.connect.spending import read_spending  # noqa: PLC0415  the calculator must start fast

        return read_spending(marketing)
    return marketing or {}


def _cac(cac: "float | Mapping[str, float] | str | Path | None", selling: "Sequence[Selling]") -> Mapping[str, float]:
    """What it costs to win a customer: as said, or what was spent for each who was won."""
    if isinstance(cac, str):
        with suppress(ValueError):
            cac = float(cac)
    if isinstance(cac, (str, Path)):
        from pertoken.connect.spending import read_cac  # noqa: PLC0415  the calculator must start fast

        return read_cac(cac)
    if isinstance(cac, (int, float)):
        if not 0 < cac < float("inf"):
            raise InputError(f"a customer costs {cac:g} to win; expected a number above 0")
        return {"": float(cac)}
    won = sum(each.won for each in selling)
    return cac or ({"": sum(each.spent for each in selling) / won} if won else {})


def _selling(read: History, paid: "Panel", spent: Mapping[str, float]) -> "tuple[Selling, ...]":
    """Quarters that lie whole in the log, with the next one, whose spending is known for all three months."""
    from pertoken.forecast.cohort_answer import Selling  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.metrics import magic_number  # noqa: PLC0415

    if not spent:
        return ()
    if "revenue" not in read.ledgers:
        raise InputError("spending on sales is given, but no revenue; give the card of what we are paid with --revenue")
    value = np.nan_to_num(paid.value)
    first = np.where((value > 0).any(axis=1), np.argmax(value > 0, axis=1), -1)
    quarters: dict[str, list[int]] = {}
    for at, label in enumerate(paid.periods):
        quarters.setdefault(roll_up(label, "quarter"), []).append(at)
    begun, over = begins(paid.periods[:1])[0], ends(paid.periods[-1:])[0]
    whole = [each for each in quarters if begins([each])[0] >= begun and ends([each])[0] <= over]
    made = []
    for quarter, then in pairwise(whole):
        money = [amount for month, amount in spent.items() if roll_up(f"{month}-01", "quarter") == quarter]
        if len(money) == len(("first", "second", "third")):
            before, now = (float(value[:, quarters[each]].sum()) for each in (quarter, then))
            won = int(np.isin(first, quarters[quarter]).sum()) if quarters[quarter][0] > 0 else 0
            magic = float(magic_number(before, now, sum(money)))
            made.append(Selling(quarter, before, now, sum(money), magic, won))
    return tuple(made)


def _committed_share(read: History, paid: "Panel", owed: Values) -> float | None:
    recent = slice(-min(RECENT if paid.grain == "day" else 3, len(paid.periods)), None)
    lately = float(np.nansum(paid.value[:, recent]))
    if "revenue" not in read.ledgers or not lately > 0:
        return None
    return float(np.nansum(np.minimum(owed, paid.value)[:, recent]) / lately)


def _unsold(marketing: object, selling: "Sequence[Selling]") -> tuple[str, ...]:
    if not marketing or selling:
        return ()
    return (
        "no quarter has its spending for all three months and lies in the log whole, with the next: no magic number",
    )


def _growth(paid: "Panel") -> Mapping[int, float]:
    """Growth of the last window of whole weeks against the one before; none where two don't fit."""
    from pertoken.forecast.cohort import in_windows  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.metrics import growth  # noqa: PLC0415

    made = {}
    for width in (28, 91) if paid.grain == "day" else ():
        if len(paid.periods) >= 2 * width:
            value = in_windows(paid, width).value
            made[width] = float(growth(value[:, -2], value[:, -1]))
    return {width: rate for width, rate in made.items() if np.isfinite(rate)}


def _converted(read: History, used: "Panel", paid: "Panel", paying: tuple[str, ...]) -> "Converted | None":
    """Count who used before they paid, and who of them paid later."""
    from pertoken.forecast.cohort_answer import Converted  # noqa: PLC0415  the calculator must start fast

    if "revenue" not in read.ledgers and not paying:
        return None
    uses, pays = (np.nan_to_num(each.value) > 0 for each in (used, paid))
    began = uses.any(axis=1) & (~pays.any(axis=1) | (np.argmax(uses, axis=1) < np.argmax(pays, axis=1)))
    later = began & pays.any(axis=1)
    wait = (np.argmax(pays, axis=1) - np.argmax(uses, axis=1))[later] * (1 if used.grain == "day" else 30.4375)
    days = float(np.median(wait)) if len(wait) else None
    return Converted(int(began.sum()), int(later.sum()), days, paying) if began.any() else None


def _first(paid: "Panel", by: str) -> tuple[str, ...]:
    if by not in GRAINS:
        return ()
    return (f"customers of {roll_up(paid.periods[0], by)} may have come before the log begins",)


def _whales(now: Values, customers: Sequence[str]) -> tuple[str, ...]:
    from pertoken.forecast.cohort_report import WHALE  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.metrics import largest_share  # noqa: PLC0415

    share = float(largest_share(now))
    if not share >= WHALE:
        return ()
    name = customers[int(np.argmax(now))]
    return (f"one customer, {name}, is {100 * share:.1f} % of the last window; averages are mostly of that one",)

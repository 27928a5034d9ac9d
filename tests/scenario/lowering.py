"""A card rated by `rate` and by its rows, month by month."""

from datetime import date

import numpy as np

from pertoken.core.lines import Key, Usage
from pertoken.core.units import ONE
from pertoken.rating.contract import Contract
from pertoken.rating.rate import STAGES, rate
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.lowered import card_rows
from pertoken.scenario.model import Flow
from pertoken.scenario.program import Program, Row
from pertoken.usage.question import PRICE_FROM

ALWAYS_THERE = {"batch": "false", "service_tier": "standard", "provider": "", "prompt_tokens_above": "0", "speed": ""}


def months_from(first, count):
    """Labels of so many months."""
    begin = np.datetime64(first, "M")
    return [str(begin + i) for i in range(count)]


def day(label):
    """First day of a month."""
    return date.fromisoformat(f"{label}-01")


def by_rating(card, used, months, begins="", ends=""):
    """What `rate` makes of usage: amounts by month, exactly.

    Args:
        card: The card.
        used: Pairs of labels and whole quantities, one each month.
        months: Labels of the months.
        begins: First month of the contract.
        ends: Month in which it is over.
    """
    rows = [
        (
            {
                **ALWAYS_THERE,
                **labels,
                **dict.fromkeys(card.scope, "one"),
                "month": month,
                "day": f"{month}-01",
                PRICE_FROM: f"{month}-01",
            },
            quantity,
        )
        for labels, quantities in used
        for month, quantity in zip(months, quantities, strict=True)
        if (begins or months[0]) <= month and (not ends or month < ends)
    ]
    if card.during.anchor is None:
        rows = [({k: v for k, v in labels.items() if k != "day"}, quantity) for labels, quantity in rows]
    names = sorted({name for labels, _ in rows for name in labels})
    usage = Usage(
        {n: Key.of([labels.get(n, "") for labels, _ in rows]) for n in names},
        {"quantity": np.array([q for _, q in rows])},
    )
    who = dict.fromkeys(card.scope, "one")
    stated = [Contract(card=card.name, labels=who, start=day(begins or months[0]), end=day(ends) if ends else None)]
    after = (np.datetime64(months[-1], "M") + 1).astype("datetime64[D]").astype(object)
    found = rate(usage, card, exact=True, contracts=stated, span=(day(months[0]), after))
    out = {}
    for kind in ("effective", "billed"):
        totals = dict.fromkeys(months, 0)
        for part in (part for part in found.parts if kind in STAGES[part.stage] and len(part.lines)):
            label = found.jobs[card.name].invoiced(part.lines)
            for code, money in zip(label.codes.tolist(), part.lines.values["amount"].tolist(), strict=True):
                totals[min(label.labels[code][:7], months[-1])] += money
        out[kind] = [float(totals[month]) for month in months]
    return out


def by_rows(card, used, months, begins="", ends="", **more):
    """What the card's rows make of the same usage."""
    flows = [Flow(labels=labels, row=f"flow {i}") for i, (labels, _) in enumerate(used)]
    made = card_rows(card, prefix="card", flows=flows, months=months, begins=begins, ends=ends, **more)
    calendar = [Row(name=name, unit=ONE) for name in ("month", "days_in_month", "hours_in_month")]
    program = Program(
        rows=(*calendar, *(Row(name=flow.row, unit=ONE) for flow in flows), *made.rows),
        months=tuple(months),
        ladders=made.ladders,
    )
    days = np.array(
        [
            (np.datetime64(m, "M") + 1).astype("datetime64[D]") - np.datetime64(m, "M").astype("datetime64[D]")
            for m in months
        ]
    ).astype(float)
    inside = np.array([(begins or months[0]) <= m and (not ends or m < ends) for m in months])
    given = {"month": np.arange(1.0, len(months) + 1), "days_in_month": days, "hours_in_month": 24 * days}
    given |= {
        flow.row: np.where(inside, np.array(q, dtype=float), 0.0) for flow, (_, q) in zip(flows, used, strict=True)
    }
    values = evaluate(program, given)
    return {kind: values[row].tolist() for kind, row in made.total.items()} | {"values": values, "made": made}

"""Usage and cards made by hand, as short as they can be said."""

from decimal import Decimal
from textwrap import dedent

import numpy as np
import pytest

from pertoken.connect.cards import cards_of
from pertoken.connect.yaml_file import read
from pertoken.core.lines import Usage, table
from pertoken.rating.rate import amount, rate


def usage(keys, *rows):
    """Usage of rows such as `("acme", "input_tokens", 1000)`, under key names such as `"customer meter"`."""
    made = table(keys.split(), ["quantity"], rows)
    return Usage(made.keys, made.values)


def drawn(lines, quantity):
    """The same lines with other quantities, shape `(*batch, line)`."""
    return Usage(lines.keys, {"quantity": quantity})


def card(text):
    """The one card that a YAML text says."""
    (made,) = cards_of(read(dedent(text), "card.yaml"))
    return made


def money(lines, kind="billed"):
    """One of the four amounts of a ledger, in all."""
    return amount(lines, kind).values["amount"].sum(axis=-1)


def bill(used, *cards):
    """What is billed for usage, exactly."""
    return money(rate(used, cards).ledger)


def by(lines, *names):
    """Amounts by labels, as a dictionary; labels that are one stand alone."""
    rows = lines.with_keys(**{n: lines.period(n) for n in names if n == "month"}).fold(names)
    columns = [rows.keys[name].column().tolist() for name in names]
    labels = columns[0] if len(columns) == 1 else zip(*columns, strict=True)
    return dict(zip(labels, rows.values["amount"].tolist(), strict=True))


def exact(*numbers):
    """A vector of decimals."""
    out = np.empty(len(numbers), dtype=object)
    out[:] = [Decimal(str(n)) for n in numbers]
    return out


def shuffled(lines, order):
    """The same lines in another order."""
    return lines.pick(np.array(order))


def faults(file):
    """What is wrong with what, and how that is told: `### what`, a text, `=>` and how the message begins."""
    for case in file.read_text(encoding="utf-8").split("### ")[1:]:
        name, _, rest = case.partition("\n")
        text, _, message = rest.partition("\n=> ")
        yield pytest.param(text, message.strip(), id=name)

"""What opens when a number of a model's page is followed: formula, parts, value, inputs with source, certainty."""

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from pertoken.present.model_view import ModelPage, Quantity, rounded, underneath
from pertoken.present.numbers import ABSENT

MADE = {"input": "Input", "formula": "Formula", "rated": "Rated by a card", "worlds": "Counted over all worlds"}
SURE = {"worlds": "one number of all worlds together"}
"""What is said of a quantity that has no range, where not that it is certain."""
CERTAIN = "certain: the same in every world"


def place(name: str) -> str:
    """Return the place of a quantity on the page; any name makes a whole one.

    >>> place("price.pro"), place("<b> x")
    ('q-price.pro', 'q-%3Cb%3E%20x')
    """
    return f"q-{quote(name, safe='')}"


def link(text: str, name: str) -> str:
    """Return a text that leads to a quantity, as HTML; only the text if the name is empty."""
    return f'<a href="#{place(name)}">{escape(text)}</a>' if name else escape(text)


def panels(view: ModelPage) -> str:
    """Return one panel for each quantity, of which the page shows the one that its address names.

    The panel of a figure lists every input that it rests on; any other names what it is made of, and counts its inputs.
    """
    known = {quantity.name: quantity for quantity in view.quantities}
    rests = underneath(view.quantities)
    made = (
        _panel(each, known, [known[name] for name in rests[each.name]], listed=each.name in view.figures)
        for each in view.quantities
    )
    return "\n".join(made)


def _panel(
    quantity: Quantity, known: Mapping[str, Quantity], inputs: Sequence[Quantity], *, listed: bool
) -> str:  # fmt: skip
    label = escape(quantity.label)
    parts = [known[name] for name in quantity.of]
    body = [
        f'<a class="x" href="#-" aria-label="Close">×</a><h2>{label}</h2>',
        f"<p><b>{escape(quantity.value)}</b> {escape(quantity.unit)}</p>",
        f"<p>{sure(quantity)}</p>",
        _cases(quantity),
        f"<h3>{MADE[quantity.kind]}</h3><p><code>{escape(quantity.name)}{_formula(quantity)}</code></p>",
        _origin(quantity) if quantity.kind == "input" else "",
        _list("Made of", parts),
        _rests(inputs) if parts else "",
        _months(quantity),
        _list("Every input underneath", [each for each in inputs if each not in parts]) if listed else "",
    ]
    return (
        f'<section class="q" id="{place(quantity.name)}" tabindex="-1" aria-label="{label}">{"".join(body)}</section>'
    )


def sure(quantity: Quantity) -> str:
    """Return how sure a quantity is, as HTML."""
    if quantity.certain:
        return SURE.get(quantity.kind, CERTAIN)
    ends = (("P10", quantity.low or ABSENT), ("P50", quantity.middle), ("P90", quantity.high or ABSENT))
    return " ".join(f'<span class="of">{name} {escape(rounded(text))}</span>' for name, text in ends if text)


def _formula(quantity: Quantity) -> str:
    return f" = {escape(quantity.formula)}" if quantity.formula else ""


def _cases(quantity: Quantity) -> str:
    cases = " ".join(f'<span class="of">{escape(case)} {escape(value)}</span>' for case, value in quantity.cases)
    return f"<p>{cases}</p>" if cases else ""


def _months(quantity: Quantity) -> str:
    """The value month by month, its numbers under each other."""
    wide = max((len(value) for _, value in quantity.months), default=0)
    lines = "\n".join(f"{escape(month)}  {escape(value.rjust(wide))}" for month, value in quantity.months)
    return f"<h3>Month by month</h3><pre>{lines}</pre>" if lines else ""


def _origin(quantity: Quantity) -> str:
    """Where an input comes from, and of which day it is."""
    source = escape(quantity.source) or "no source given"
    return f"<p>{source}{f', as of {escape(quantity.as_of)}' if quantity.as_of else ''}</p>"


def _list(title: str, quantities: Sequence[Quantity]) -> str:
    items = "".join(map(_item, quantities))
    return f"<h3>{title}</h3><ul>{items}</ul>" if items else ""


def _item(quantity: Quantity) -> str:
    where = ""
    if quantity.kind == "input":
        where = ", ".join(escape(text) for text in (quantity.source, quantity.as_of) if text) or "no source"
    small = f"<small>{where}</small>" if where else ""
    return (
        f"<li>{link(quantity.label, quantity.name)}<i>{escape(quantity.value)} {escape(quantity.unit)}</i>{small}</li>"
    )


def _rests(inputs: Sequence[Quantity]) -> str:
    """How much a quantity rests on, how old the oldest of it is, and what has no source."""
    if not inputs:
        return ""
    days = [each.as_of for each in inputs if each.as_of]
    bare = sum(not each.source for each in inputs)
    said = [f"Rests on {len(inputs)} input{'s' * (len(inputs) > 1)}"]
    said += [f"the oldest as of {escape(min(days))}"] if days else []
    said += [f"{bare} without a source"] if bare else []
    return f"<p>{', '.join(said)}.</p>"

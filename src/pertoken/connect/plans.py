"""Plans exported from other engines come in by this door: whose they are, and which reader takes them."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from pertoken.connect import flexprice, killbill, lago, meteroid, openmeter, stripe
from pertoken.connect.imported import Imported
from pertoken.connect.plan_check import plan_faults
from pertoken.connect.text_file import text_of
from pertoken.core.errors import CardError, Fault, InputError

READERS: Mapping[str, Callable[[Any, Mapping[str, str], str], Imported]] = {
    "lago": lago.plans,
    "openmeter": openmeter.plans,
    "stripe": stripe.plans,
    "flexprice": flexprice.plans,
    "killbill": killbill.plans,
    "meteroid": meteroid.plans,
}
"""The engines, and how each one's plans are read."""

_SHAPES: Mapping[str, frozenset[str]] = {
    "killbill": frozenset({"catalog"}),
    "meteroid": frozenset({"price_components"}),
    "openmeter": frozenset({"phases"}),
    "flexprice": frozenset({"billing_model"}),
    "lago": frozenset({"amount_cents", "charges", "charge_model"}),
    "stripe": frozenset({"object", "unit_amount", "unit_amount_decimal", "tiers_mode"}),
}
"""Words that only one engine's plans have, in the order in which they are looked for."""


def import_plans(path: str | Path, engine: str = "", said: Mapping[str, str] | None = None) -> tuple[str, Imported]:
    """Read plans from a file.

    Args:
        path: JSON file, or the XML of a catalog.
        engine: Whose it is; told from its shape if empty.
        said: Our meters, or sums of them, for codes of the engine.

    Returns:
        The engine, and the plans in our words.

    Raises:
        InputError: Not a file that can be read, or of no known shape.
        CardError: All that has no exact equal, each with its place; or what no card can say, with its charge.
    """
    try:
        document = _read(path)
        name = engine or detect(document, str(path))
        made = READERS[name](document, said or {}, str(path))
    except RecursionError as error:
        raise InputError.of([Fault(str(path), "parts that are nested too deeply", "an export as it came")]) from error
    wrong = made.faults or plan_faults(made, name, str(path))
    if wrong:
        raise CardError.of(wrong)
    return name, made


def _read(path: str | Path) -> Any:  # noqa: ANN401  unchecked input
    text = text_of(path, "plans", "a JSON file, or the XML of a catalog")
    if text.lstrip().startswith("<"):
        return killbill.xml(text, str(path))
    return _json(text, str(path))


def _json(text: str, source: str) -> Any:  # noqa: ANN401  unchecked input
    """Read JSON with all digits of its numbers."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            twice = sorted({name for name, _ in pairs if [each for each, _ in pairs].count(name) > 1})
            raise InputError.of([Fault(source, f"{', '.join(twice)} stands twice in one place", "", "keep one")])
        return made

    try:
        return json.loads(text, parse_float=Decimal, parse_int=Decimal, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise InputError.of([Fault(f"{source}:{error.lineno}", f"not JSON: {error.msg}")]) from error


DEPTH = 8
"""How deep a document is looked into for the words of an engine; those nearer to the top go first."""


def detect(document: Any, source: str = "") -> str:  # noqa: ANN401  unchecked input
    """Tell by the shape whose plans they are.

    Raises:
        InputError: Of no known shape.

    >>> detect({"plan": {"interval": "monthly", "amount_cents": 100, "charges": []}})
    'lago'
    """
    for depth in range(1, DEPTH):
        words = _words(document, depth)
        for engine, marks in _SHAPES.items():
            if marks & words:
                return engine
    known = ", ".join(READERS)
    mend = f"say --from with one of {known}"
    raise InputError.of([Fault(source, "not a plan of a known shape", f"an export of one of {known}", mend)])


def _words(value: Any, depth: int) -> set[str]:  # noqa: ANN401  any plain value
    """Collect the names that stand near the top."""
    if depth == 0:
        return set()
    if isinstance(value, list):
        return set().union(*(_words(each, depth - 1) for each in value[:20]))
    if isinstance(value, Mapping):
        return set(value).union(*(_words(each, depth - 1) for each in value.values()))
    return set()

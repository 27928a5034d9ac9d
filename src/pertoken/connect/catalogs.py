"""Catalogs by the name or file that a user says: one price book, and overlays that lie on top of it."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from pertoken.catalog.book import Catalog, UnknownModel, locate
from pertoken.catalog.layers import layered
from pertoken.core.errors import Fault, InputError, nearest

BUNDLED = "genai-prices"
"""The catalog that is used when none is said."""

HISTORY = "model-prices"
"""The catalog with history and schedules; its package is an extra."""

NONE = Catalog("", {})
"""A catalog of nothing."""


def read_catalog(name: str | Path = BUNDLED, overlays: Sequence[str | Path] = ()) -> Catalog:
    """Read a price book and what lies on top of it.

    A file is known by what stands in it: a frozen catalog, data of genai-prices, a price list of LiteLLM's form, a
    snapshot of model-prices, or YAML with rates of the user's own. Each can be the book or lie on top of one.

    Args:
        name: `genai-prices`, `model-prices`, or a file.
        overlays: Catalogs or files whose rates go before those of the book, the last before all.

    Returns:
        One catalog.

    Raises:
        InputError: There is no such catalog, or a file says what can't be.
    """
    books = [_book(str(each)) for each in (name, *overlays)]
    whole = layered(NONE, *books) if books[0].uplifts else layered(*books)
    _check_deployments(whole, books)
    return whole


def _book(name: str) -> Catalog:
    if name == BUNDLED:
        from pertoken.connect import genai, supplements  # noqa: PLC0415  costs time, and only some questions need it

        return layered(genai.catalog(), supplements.supplements())
    if name == HISTORY:
        from pertoken.connect.model_prices import catalog as history  # noqa: PLC0415  read only when asked for

        return history()
    try:
        text = Path(name).read_text(encoding="utf-8-sig")
    except OSError as error:
        known = nearest(name, [BUNDLED, HISTORY])
        msg = f"can't read the catalog {name}: {error.strerror}; {known}, or the path of a file"
        raise InputError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"the catalog {name} is not text in UTF-8; expected JSON or YAML"
        raise InputError(msg) from error
    return _of_text(text, name)


def _of_text(text: str, source: str) -> Catalog:
    """Know a file by what stands in it."""
    from pertoken.connect import frozen, genai, litellm_prices, model_prices, overlay  # noqa: PLC0415  when needed

    if text.startswith(frozen.MARK):
        return frozen.frozen_catalog(text, source)
    begin = text.lstrip()[:1]
    if begin == "[":
        return genai.catalog_of(text, source)
    if begin != "{":
        return overlay.overlay_catalog(text, source)
    data = _json(text, source)
    if "models_dev" in data or {"schema", "prices"} <= set(data):
        return model_prices.catalog_of(data, source)
    if litellm_prices.is_price_list(data):
        return litellm_prices.catalog_of(data, source)
    known = "a frozen catalog, genai-prices data, model-prices data, or LiteLLM's model_prices_and_context_window.json"
    raise InputError.of([Fault(source, f"JSON with {', '.join(list(data)[:4]) or 'nothing'}", known)])


def _json(text: str, source: str) -> dict[str, Any]:
    try:
        data = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise InputError.of([Fault(source, f"not JSON: {error}", "", "take the whole file again")]) from error
    return dict(data)


def _check_deployments(whole: Catalog, books: Sequence[Catalog]) -> None:
    """Refuse names of the user's own that mean nothing."""
    faults = []
    for book in books:
        for name, target in book.deployments.items():
            try:
                locate(whole, target)
            except UnknownModel as error:
                faults.append(Fault(book.name, f"alias {name!r} means {target!r}", "", str(error)))
    if faults:
        raise InputError.of(faults)

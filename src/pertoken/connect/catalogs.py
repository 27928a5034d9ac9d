"""Catalogs by the name or file that a user says: one price book, and overlays that lie on top of it."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from pertoken.catalog.book import Catalog, UnknownModel, locate
from pertoken.catalog.layers import layered
from pertoken.connect import catalog_hash
from pertoken.connect.text_file import text_of
from pertoken.core.errors import Fault, InputError
from pertoken.machine.folder import folder

BUNDLED = "genai-prices"
"""The catalog that is used when none is said."""

HISTORY = "model-prices"
"""The catalog with history and schedules; its package is an extra."""

SUPPLEMENTS = "supplements"
"""What the bundled catalog leaves out; it lies on the bundled one anyhow, and can be laid on another."""

UPDATED = "updated"
"""The catalog that `pertoken prices update` keeps."""

NONE = Catalog("", {})
"""A catalog of nothing."""


def read_catalog(name: str | Path = BUNDLED, overlays: Sequence[str | Path] = ()) -> Catalog:
    """Read a price book and what lies on top of it.

    A file is known by what stands in it: a frozen catalog, data of genai-prices, a price list of LiteLLM's form, a
    snapshot of model-prices, or YAML with rates of the user's own. Each can be the book or lie on top of one.

    Args:
        name: `genai-prices` (with the supplements), `model-prices`, `updated`, `supplements`, or a file.
        overlays: Catalogs or files whose rates go before those of the book, the last before all.

    Returns:
        One catalog.

    Raises:
        InputError: There is no such catalog, or a file says what can't be.
    """
    books = {str(each): _book(str(each)) for each in (name, *overlays)}
    base = NONE
    for source, book in books.items():
        if base is not NONE and len(book.rates) <= SMALL:
            _check_prices(base, book, source)
        base = layered(base, book) if base is not NONE or book.uplifts else book
    _check_deployments(base, books)
    return base if base.digest else catalog_hash.hashed(base, [*books])


SMALL = 500
"""How many models a catalog may have for all its prices to be compared with those below."""


def updated() -> Path:
    """Say where the updated catalog is kept, whether or not it is there."""
    return folder() / "updated.catalog"


def _book(name: str) -> Catalog:
    if name == BUNDLED:
        from pertoken.connect import genai, supplements  # noqa: PLC0415  costs time, and only some questions need it

        return layered(genai.catalog(), supplements.supplements())
    if name == SUPPLEMENTS:
        from pertoken.connect.supplements import supplements as added  # noqa: PLC0415  read only when asked for

        return added()
    if name == HISTORY:
        from pertoken.connect.model_prices import catalog as history  # noqa: PLC0415  read only when asked for

        return history()
    if name == UPDATED and not updated().is_file():
        msg = "no updated catalog is kept; make one with `pertoken prices update`"
        raise InputError(msg)
    known = f"{BUNDLED}, {HISTORY}, {UPDATED}, or a file of JSON or YAML"
    return of_text(text_of(updated() if name == UPDATED else name, "catalog", known), name)


def newer(text: str, source: str) -> Catalog:
    """Make a catalog to take the place of the one in use: on newer data of genai-prices lie the supplements too.

    Args:
        text: JSON or YAML of any form that `read_catalog` reads.
        source: Where it is from: a file or an address.
    """
    made = of_text(text, source)
    return layered(made, _book(SUPPLEMENTS)) if text.lstrip().startswith("[") else made


def of_text(text: str, source: str) -> Catalog:
    """Make a catalog of a text, known by what stands in it.

    Args:
        text: JSON or YAML of any form that `read_catalog` reads.
        source: Where it is from: a file or an address.
    """
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


def _check_prices(base: Catalog, book: Catalog, source: str) -> None:
    """Refuse prices that lie a thousand-fold from those below."""
    from pertoken.catalog.sane import far_apart  # noqa: PLC0415  only overlays are looked at

    if faults := tuple(far_apart(base, book, source)):
        raise InputError.of(faults)


def _check_deployments(whole: Catalog, books: Mapping[str, Catalog]) -> None:
    """Refuse names of the user's own that mean nothing."""
    faults = []
    for source, book in books.items():
        for name, target in book.deployments.items():
            try:
                locate(whole, target)
            except UnknownModel as error:
                from pertoken.connect.overlay import place_of_alias  # noqa: PLC0415  only a mistake needs it

                where = place_of_alias(source, name)
                faults.append(Fault(where, f"alias {name!r} means {target!r}", "", str(error)))
    if faults:
        raise InputError.of(faults)

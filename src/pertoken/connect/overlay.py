"""A catalog of the user's own in YAML: rates, names of deployments, and what a region costs as a multiple."""

from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

from pertoken.catalog.book import Catalog, Key
from pertoken.catalog.names import seller_of
from pertoken.catalog.prices import Rate
from pertoken.catalog.regions import Uplift
from pertoken.catalog.sane import insane, repeated
from pertoken.connect.card_rates import number
from pertoken.connect.card_rates import rates as rates_of_row
from pertoken.connect.placed import Door, Placed, placed
from pertoken.connect.yaml_file import read
from pertoken.core.errors import InputError
from pertoken.core.meters import meter

WORDS = ("catalog", "rates", "aliases", "regions")
"""What an overlay is made of."""

SHARED = ("provider", "currency", "source", "per")
"""Words at the top that hold for each row that does not say them itself."""

REGION_WORDS = ("provider", "models", "region", "times", "meters", "source")


def overlay_catalog(text: str, source: str) -> Catalog:
    """Read an overlay.

    Args:
        text: The file.
        source: Its name.

    Raises:
        InputError: All that is wrong with it, with file and line.
    """
    document = read(text, source)
    door = Door(document)
    data = placed(document.data, document)
    if not isinstance(data, Placed) or not set(data) & set(WORDS):
        door.refuse((), "not a catalog", "`rates:`, `aliases:` or `regions:` at the top")
        raise InputError.of(door.wrong)
    door.only(data, (*WORDS, *SHARED), " in a catalog")
    found = [rate for i, row in enumerate(_list(data, "rates", door)) for rate in _rates(row, data, i, door)]
    uplifts = tuple(each for i, row in enumerate(_list(data, "regions", door)) for each in _uplifts(row, data, i, door))
    aliases = _aliases(data, door)
    door.wrong.extend((*insane(found, source), *repeated(found, source)))
    if door.wrong:
        raise InputError.of(door.wrong)
    rates: dict[Key, tuple[Rate, ...]] = {}
    for rate in found:
        rates[rate.provider, rate.model] = (*rates.get((rate.provider, rate.model), ()), rate)
    name = str(data.get("catalog") or source)
    return Catalog(name=name, rates=rates, deployments=aliases, uplifts=uplifts)


def _list(data: Placed, word: str, door: Door) -> list[Any]:
    found = data.get(word) or []
    if not isinstance(found, list):
        door.refuse((word,), f"{word} is {found!r}", "a list of rows, each begun with `-`")
        return []
    return found


def _rates(row: Any, data: Placed, index: int, door: Door) -> Iterator[Rate]:  # noqa: ANN401  unchecked input
    path = ("rates", index)
    if isinstance(row, Placed):
        shared = {word: data[word] for word in SHARED if word in data and word not in row}
        row = row.but(**{"source": door.document.source, **shared, **row})
        if not row.get("provider"):
            door.refuse(path, f"no provider for {row.get('model')}", "who sells it, as provider: openai")
            return
        row["provider"] = seller_of(str(row["provider"]))
    yield from rates_of_row(row, path, door, ("currency",))


def _uplifts(row: Any, data: Placed, index: int, door: Door) -> Iterator[Uplift]:  # noqa: ANN401  unchecked input
    """Read a row of `regions`: one multiple for each region."""
    path = ("regions", index)
    said = {"provider": data.get("provider"), **row} if isinstance(row, Placed) else {}
    if any(said.get(word) in (None, "", []) for word in ("provider", "region", "times")):
        expected = "{provider: azure, models: [gpt-4o], region: eu, times: 1.1}"
        door.refuse(path, f"regions has {dict(said) or row!r}", expected)
        return
    door.only(Placed(said, path, 0), REGION_WORDS, " in a row of regions")
    try:
        times = number(said["times"], "times")
        meters = tuple(meter(str(name)).name for name in _several(said.get("meters", [])))
    except InputError as error:
        door.refuse((*path, "times"), str(error))
        return
    if not 0 < times < 1000:  # noqa: PLR2004  a thousand times the price is a slip
        door.refuse((*path, "times"), f"times is {times}", "a multiple, as 1.1 for a tenth more")
    models = tuple(map(str, _several(said.get("models", "*"))))
    source = str(said.get("source") or f"{door.document.place(path)}")
    for region in _several(said["region"]):
        yield Uplift(seller_of(str(said["provider"])), models, str(region), times, meters, source)


def _several(value: Any) -> list[Any]:  # noqa: ANN401  unchecked input
    return value if isinstance(value, list) else [value]


def _aliases(data: Placed, door: Door) -> dict[str, str]:
    said = data.get("aliases")
    if said is None:
        return {}
    if not isinstance(said, Placed):
        door.refuse(("aliases",), f"aliases is {said!r}", "names and what they mean, as `prod-chat: openai/gpt-4o`")
        return {}
    for name, target in said.items():
        if not isinstance(target, str) or not target.strip():
            found = f"alias {name!r} means {target!r}"
            door.refuse(("aliases", name), found, "provider/model", f"{name}: openai/gpt-4o")
    return {name.strip().lower(): str(target).strip() for name, target in said.items()}


def place_of_alias(source: str, name: str) -> str:
    """Find the file and line of an alias; the file alone where it is no overlay."""
    try:
        document = read(File(source).read_text(encoding="utf-8-sig"), source)
        said = document.data["aliases"]
    except (OSError, InputError, KeyError, TypeError):
        return source
    return next((document.place(("aliases", each)) for each in said if each.strip().lower() == name), source)

"""Imported cards are read back as they will be written, so that what no card can say is told as a fault of the plan."""

import re
from collections.abc import Iterator, Mapping

from pertoken.connect.card_yaml import Path, card_yaml
from pertoken.connect.cards import cards_of
from pertoken.connect.imported import Imported
from pertoken.connect.yaml_file import Document, read
from pertoken.core.errors import CardError, Fault

MEND = "there is no card that says this; mend the plan, or write the card by hand"


def plan_faults(made: Imported, engine: str, source: str) -> list[Fault]:
    """List what is wrong with imported cards, once they are written and read again.

    Args:
        made: Plans in our words.
        engine: Whose they were.
        source: The file that they were read from.

    Returns:
        One fault for each, with the charge of the plan that it came from.
    """
    document = read(card_yaml(made.cards, made.origins), source)
    try:
        cards_of(document)
    except CardError as error:
        names = tuple(str(card["plan"]) for card in made.cards)
        return [_told(fault, document, made.origins, names, engine) for fault in error.faults]
    return []


def _told(fault: Fault, document: Document, origins: Mapping[Path, str], names: tuple[str, ...], engine: str) -> Fault:
    """Say a fault of a card's line as one of the plan."""
    line = re.search(r":(\d+)$", fault.where)
    about = next(_about(int(line[1]), document, origins, names), "") if line else ""
    words = f"{about}: {fault.found}" if about else f"{engine}: {fault.found}"
    return Fault(document.source, words, fault.expected, "; ".join(each for each in (fault.mend, MEND) if each))


def _about(line: int, document: Document, origins: Mapping[Path, str], names: tuple[str, ...]) -> Iterator[str]:
    """Where a line came from: the charge around it, else its place in the card."""
    paths = [path for path, number in document.lines.items() if number == line and path]
    whole = [tuple(map(str, path[1:] if path[0] == "plans" else (*names[:1], *path))) for path in paths]
    for path in sorted(whole, key=len, reverse=True):
        yield from (origins[path[:size]] for size in range(len(path), 0, -1) if path[:size] in origins)
    yield from (" ".join(path[:3]) for path in whole)

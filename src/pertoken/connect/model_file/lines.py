"""Lines of money that do not come from usage: people, overhead, campaigns, set-up fees."""

from typing import Any, Literal

from pertoken.connect.model_file.months import after
from pertoken.connect.model_file.place import formula
from pertoken.connect.model_file.reading import Reading
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.core.errors import nearest
from pertoken.scenario.spec import CLASSES, MoneyLine

WORDS = ("formula", "counts_as", "in", "from", "to", "label")

Side = Literal["cost", "revenue"]


def lines(reading: Reading, data: Placed) -> tuple[MoneyLine, ...]:
    """Read all costs, then all income."""
    sides: tuple[tuple[str, Side], ...] = (("costs", "cost"), ("income", "revenue"))
    return tuple(
        _line(reading, f"{section}.{name}", said, (*data.path, section, name), side)
        for section, side in sides
        for name, said in reading.named(data, section).items()
    )


def _line(reading: Reading, place: str, said: Any, path: Path, side: Side) -> MoneyLine:  # noqa: ANN401  unchecked
    if not isinstance(said, Placed) or "value" in said:
        said = Placed({"formula": said}, path, 0)
        here = path
    else:
        here = (*path, "formula")
    reading.door.only(said, WORDS, f" in {place}")
    begins, ends = _dates(reading, place, said, path)
    return MoneyLine(
        name=place.partition(".")[2],
        formula=formula(reading, said.get("formula"), here, f"{place}.amount", reading.currency),
        side=side,
        counts_as=_class(reading, place, said, path) if side == "cost" else _revenue(reading, place, said, path),
        begins=begins,
        ends=ends,
        label=reading.text(said, "label"),
        line=reading.line(path),
    )


def _class(reading: Reading, place: str, said: Placed, path: Path) -> str:
    known = said.get("counts_as", "operating")
    if known not in CLASSES:
        reading.refuse((*path, "counts_as"), f"{place} counts as {known!r}", "", nearest(str(known), CLASSES))
    return str(known)


def _revenue(reading: Reading, place: str, said: Placed, path: Path) -> str:
    if said.get("counts_as", "revenue") != "revenue":
        reading.refuse((*path, "counts_as"), f"{place} counts as {said['counts_as']!r}", "nothing: income is revenue")
    return "revenue"


def _dates(reading: Reading, place: str, said: Placed, path: Path) -> tuple[str, str]:
    months, door = reading.months, reading.door
    if said.get("in") is not None:
        for word in ("from", "to"):
            if word in said:
                reading.refuse((*path, word), f"{place} says both in and {word}", "one month, or from and to")
        begins = months.inside(said["in"], (*path, "in"), door, f"the month of {place}")
        return begins, after(begins) if begins else ""
    begins = ends = ""
    if said.get("from") is not None:
        begins = months.begun(said["from"], (*path, "from"), door, f"from of {place}")
    if said.get("to") is not None:
        ends = months.over(said["to"], (*path, "to"), door, f"to of {place}", begins)
    return begins, ends

"""Segments: customers who are alike, and named contracts."""

from decimal import Decimal
from typing import Any

from pertoken.connect.model_file.numbers import in_unit, shown, written
from pertoken.connect.model_file.place import formula, formulas
from pertoken.connect.model_file.reading import Reading
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.core.errors import InputError
from pertoken.scenario.segment import Segment, Sizes

WORDS = (
    "plan", "start", "new", "churn", "churn_by_age", "to", "sizes", "begins", "ends", "leaves", "label",
)  # fmt: skip
FLOWS = ("start", "new", "churn", "churn_by_age", "to")
"""What is said of many customers and not of one named contract."""
DATES = ("ends", "leaves")
"""What is said of a named contract only."""
MOST_CLASSES = 100


def segments(reading: Reading, data: Placed) -> tuple[Segment, ...]:
    """Read all segments of a model."""
    path = (*data.path, "segments")
    return tuple(
        _segment(reading, name, part)
        for name, said in reading.named(data, "segments").items()
        if (part := reading.part(said, (*path, name), f"segment {name}", WORDS)) is not None
    )


def _segment(reading: Reading, name: str, part: Placed) -> Segment:
    _unfit(reading, name, part)
    begins, ends = _dates(reading, name, part)
    return Segment(
        name=name,
        plan=reading.text(part, "plan"),
        start=_flow(reading, name, part, "start", "customer") or "0",
        new=_flow(reading, name, part, "new", "customer") or "0",
        churn=_flow(reading, name, part, "churn", "1"),
        churn_by_age=_ages(reading, name, part),
        to=formulas(reading, part.get("to"), (*part.path, "to"), f"segments.{name}.to", "1"),
        sizes=_sizes(reading, name, part) if part.get("sizes") is not None else None,
        begins=begins,
        ends=ends,
        leaves=reading.text(part, "leaves"),
        label=reading.text(part, "label"),
        line=reading.line(part.path),
    )


def _unfit(reading: Reading, name: str, part: Placed) -> None:
    """Refuse words that don't go together."""
    wrong = [word for word in (FLOWS if "begins" in part else DATES) if word in part]
    for word in wrong:
        found = f"{name} says {word} " + ("and begins" if "begins" in part else "without begins")
        expected = "begins and ends for one named contract, or start, new and churn for many customers"
        reading.refuse((*part.path, word), found, expected)
    if "churn" in part and "churn_by_age" in part:
        reading.refuse((*part.path, "churn_by_age"), f"{name} says both churn and churn_by_age", "one of them")


def _flow(reading: Reading, name: str, part: Placed, word: str, unit: str) -> str:
    if part.get(word) is None:
        return ""
    return formula(reading, part[word], (*part.path, word), f"segments.{name}.{word}", unit)


def _ages(reading: Reading, name: str, part: Placed) -> tuple[str, ...]:
    said, path = part.get("churn_by_age"), (*part.path, "churn_by_age")
    if said is None:
        return ()
    if not isinstance(said, list) or not said:
        reading.refuse(path, f"churn_by_age of {name} is {said!r}", "a list of shares, the first month first")
        return ()
    place = f"segments.{name}.churn_by_age"
    return tuple(formula(reading, each, (*path, i), f"{place}.month_{i + 1}", "1") for i, each in enumerate(said))


def _dates(reading: Reading, name: str, part: Placed) -> tuple[str, str]:
    months, door, path = reading.months, reading.door, part.path
    begins = ends = ""
    if part.get("begins") is not None:
        begins = months.begun(part["begins"], (*path, "begins"), door, f"begins of {name}")
    if part.get("ends") is not None:
        ends = months.over(part["ends"], (*path, "ends"), door, f"ends of {name}", begins)
    return begins, ends


def _sizes(reading: Reading, name: str, part: Placed) -> Sizes | None:
    path, place = (*part.path, "sizes"), f"segments.{name}.sizes"
    said = part["sizes"]
    if not isinstance(said, Placed) or "value" in said:
        return Sizes(spread=formula(reading, said, path, f"{place}.spread", "1"))
    reading.door.only(said, ("spread", "classes", "parts"), f" in sizes of {name}")
    if ("parts" in said) == ("spread" in said):
        reading.refuse(path, f"sizes of {name} says {', '.join(said) or 'nothing'}", "spread, or parts")
        return None
    if "parts" in said:
        return Sizes(parts=_parts(reading, said["parts"], (*path, "parts"), name))
    classes = said.get("classes", 5)
    if isinstance(classes, bool) or not isinstance(classes, int) or not 0 < classes <= MOST_CLASSES:
        reading.refuse((*path, "classes"), f"classes is {classes!r}", f"a whole number from 1 to {MOST_CLASSES}")
        classes = 1
    return Sizes(classes=classes, spread=formula(reading, said["spread"], (*path, "spread"), f"{place}.spread", "1"))


def _parts(reading: Reading, said: Any, path: Path, name: str) -> tuple[tuple[Decimal, Decimal], ...]:  # noqa: ANN401  unchecked
    """Read classes of customers: a share of them, and how often the mean they use."""
    rows = said if isinstance(said, list) else []
    read = [_pair(row) for row in rows]
    pairs = tuple(pair for pair in read if pair is not None)
    total = sum((share for share, _ in pairs), Decimal(0))
    if not rows or len(pairs) < len(rows):
        reading.refuse(path, f"parts of {name} is {said!r}", "a list of {share: 80%, times: 0.3}, none below 0")
    elif abs(total - 1) > Decimal("1e-9"):
        reading.refuse(path, f"the shares of parts of {name} add up to {shown(total)}", "1")
    elif not any(share * times for share, times in pairs):
        reading.refuse(path, f"no part of {name} uses anything", "a times above 0")
    return pairs


def _pair(row: Any) -> tuple[Decimal, Decimal] | None:  # noqa: ANN401  unchecked input
    said = [row.get("share"), row.get("times")] if isinstance(row, Placed) and set(row) == {"share", "times"} else row
    found = [written(each) for each in said] if isinstance(said, list) and len(said) == 2 else []  # noqa: PLR2004  a pair
    try:
        share, times = (in_unit(each, "1", "part") for each in found if each is not None)
    except (InputError, ValueError):
        return None
    return (share, times) if share >= 0 and times >= 0 else None

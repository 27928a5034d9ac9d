"""Catalogs of Kill Bill, XML: plans of phases, each with a fixed price, a recurring one, and usage in tiers of blocks.

The `max` of a block counts blocks inside its tier, a started block is a whole one, and -1 is no limit. Blocks are
rounded tier by tier; with one block size that is the same as rounding all at once, with several it has no equal.

Source: https://docs.killbill.io/latest/userguide_subscription.html#components-catalog-usage and the catalog examples of
https://docs.killbill.io/latest/catalog-examples.html.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

from pertoken.connect.draft import Draft, Words, apart, closed, curve, fee, once, phased, tier, usage
from pertoken.connect.imported import Imported, Part, Reading
from pertoken.core.errors import Fault, InputError

WINDOWS = {"MONTHLY": "month", "QUARTERLY": "quarter", "ANNUAL": "year", "DAILY": "day"}
MONTHS = {"MONTHS": 1, "YEARS": 12}
UNLIMITED = Decimal(-1)


class _DocumentType(Exception):
    """A document type stands in the XML."""


class _Plain(ET.TreeBuilder):
    def doctype(self, name: str, *_: str | None) -> None:
        raise _DocumentType(name)


def xml(text: str, source: str) -> dict[str, Any]:
    """Read XML into plain values: attributes and children by name, several of one name as a list.

    A document type is refused: it could name entities that grow without end or that stand in other files, and a
    catalog needs none.

    Raises:
        InputError: Not XML, or XML with a document type; with file and line.

    >>> xml("<catalog><unit name='a'/><unit name='b'/></catalog>", "")
    {'catalog': {'unit': [{'name': 'a'}, {'name': 'b'}]}}
    """
    parser = ET.XMLParser(target=_Plain())  # noqa: S314  a document type is refused, so there are no entities
    try:
        parser.feed(text)
        top = parser.close()
    except _DocumentType as error:
        mend = "take the DOCTYPE out; a catalog needs none"
        raise InputError.of([Fault(source, "killbill: XML with a document type", "plain XML", mend)]) from error
    except ET.ParseError as error:
        raise InputError.of([Fault(f"{source}:{error.position[0]}", f"not XML: {error}")]) from error
    return {_tag(top): _plain(top)}


def _tag(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _plain(element: ET.Element) -> Any:  # noqa: ANN401  a plain value
    held: dict[str, Any] = {key: value for key, value in element.attrib.items() if "}" not in key}
    for child in element:
        name, value = _tag(child), _plain(child)
        earlier = held.get(name)
        held[name] = value if name not in held else [*earlier, value] if isinstance(earlier, list) else [earlier, value]
    return held or (element.text or "").strip()


def plans(document: Any, said: Mapping[str, str], source: str = "") -> Imported:  # noqa: ANN401  unchecked input
    """Read a catalog.

    Args:
        document: The catalog's XML as plain values, as `xml` gives it.
        said: Our meters for names of units.
        source: Name of the file.
    """
    reading = Reading(engine="killbill", source=source, said=said)
    catalog = Part(document, "", reading).get("catalog")
    currencies = [Part(p.value, p.place, reading).text for p in catalog.get("currencies").parts("currency")] or ["USD"]
    found = catalog.get("plans").parts("plan")
    if not found:
        reading.refuse("", "no plan is in the file", expected="<catalog><plans><plan name=...>")
    for word in ("rules", "priceLists", "effectiveDate"):
        if catalog.get(word):
            catalog.get(word).leave(f"{word} is not part of a price")
    cards = [_plan(plan, iso, alone=len(currencies) == 1) for plan in found for iso in currencies]
    return reading.done(apart(cards))


def _plan(plan: Part, iso: str, *, alone: bool) -> Words:
    name = plan.get("name").text or "plan"
    called = plan.reading.plan(name if alone else f"{name}-{iso.lower()}", plan.place)
    plan.leave_all(
        {"effectiveDateForExistingSubscriptions": "which subscriptions a version is for is not part of a price"}
    )
    parts = [*plan.get("initialPhases").parts("phase"), *([plan.get("finalPhase")] if plan.get("finalPhase") else [])]
    priced = [part for part in parts if not _trial(part, iso)]
    phases = []
    for i, part in enumerate(priced):
        path = (called,) if len(priced) == 1 else (called, "phases", str(i))
        draft = Draft(reading=plan.reading, path=path)
        _phase(part, draft, iso, name)
        phases.append((_months(part, name, last=i == len(priced) - 1), draft))
    if not phases:
        plan.refuse(f"plan {name!r} charges nothing", expected="a phase with a price")
    return phased(called, iso, phases or [(None, Draft(reading=plan.reading, path=(called,)))], order="")


def _trial(phase: Part, iso: str) -> bool:
    """Whether a phase charges nothing, so that it can be left out."""
    free = not phase.get("recurring") and not phase.get("usages").parts("usage")
    free = free and not _amount(phase.get("fixed").get("fixedPrice"), iso)
    if free and phase.get("type").text == "TRIAL":
        phase.leave("a trial is no price; leave its days out of the log or begin the contract after it")
        return True
    return False


def _months(phase: Part, name: str, *, last: bool) -> int | None:
    duration = phase.get("duration")
    unit = duration.get("unit").text
    if unit in ("UNLIMITED", "") and last:
        return None
    if unit not in MONTHS:
        mend = "a card counts phases in months; write it by hand with `from` and `to`"
        duration.refuse(f"a phase of plan {name!r} lasts {duration.get('number').text} {unit or 'no time'}", mend=mend)
        return 1
    return int(duration.get("number").count) * MONTHS[unit]


def _amount(priced: Part, iso: str) -> Decimal:
    """Take the price in a currency; 0 where there is none in any."""
    rows = priced.parts("price")
    for row in rows:
        if row.get("currency").text == iso:
            return row.get("value").number
    if rows:
        priced.refuse(f"no price in {iso}", expected="a price in each currency of the catalog")
    return Decimal(0)


def _phase(phase: Part, draft: Draft, iso: str, name: str) -> None:
    fixed = _amount(phase.get("fixed").get("fixedPrice"), iso)
    if fixed:
        draft.add("fixed", once(fixed), f"killbill: plan {name!r}, fixed price")
    recurring = phase.get("recurring")
    if recurring:
        every = recurring.get("billingPeriod").one_of(
            WINDOWS, "billingPeriod", "a card has days, months, quarters, years"
        )
        amount = _amount(recurring.get("recurringPrice"), iso)
        draft.add("recurring", fee(amount, every, "day"), f"killbill: plan {name!r}, recurring price")
    for part in phase.get("usages").parts("usage"):
        _usage(part, draft, iso)


def _usage(part: Part, draft: Draft, iso: str) -> None:
    name, kind = part.get("name").text or "usage", part.get("usageType").text
    if part.get("billingMode").text == "IN_ADVANCE" or part.get("blocks"):
        mend = "write it by hand as a pool with a price"
        part.refuse(f"usage {name!r} is billed in advance, in blocks that are bought", mend=mend)
        return
    window = str(part.get("billingPeriod").one_of(WINDOWS, "billingPeriod", "a card has days, months, quarters, years"))
    tiers = part.get("tiers").parts("tier")
    if not tiers:
        part.refuse(f"usage {name!r} has no tiers", expected="at least one")
    elif kind == "CONSUMABLE":
        _consumable(part, draft, iso, tiers, window=window)
    elif kind == "CAPACITY":
        _capacity(part, draft, iso, tiers, window=window)
    else:
        part.refuse(f"usage {name!r} is {kind!r}", expected="CONSUMABLE or CAPACITY")


def _consumable(part: Part, draft: Draft, iso: str, tiers: list[Part], *, window: str) -> None:
    """Make a charge for each unit that the tiers name."""
    name = part.get("name").text
    policy = part.get("tierBlockPolicy").text or "ALL_TIERS"
    mode = Part(policy, part.place, part.reading).one_of(
        {"ALL_TIERS": "marginal", "TOP_TIER": "all"}, "tierBlockPolicy"
    )
    blocks = [block for held in tiers for block in held.get("blocks").parts("tieredBlock")]
    units = list(dict.fromkeys(block.get("unit").text for block in blocks))
    for unit in units:
        mine = [block for block in blocks if block.get("unit").text == unit]
        sizes = {block.get("size").count for block in mine}
        if len(sizes) > 1:
            listed = " and ".join(str(size) for size in sorted(sizes))
            mend = "give all tiers of a unit one block size"
            part.refuse(f"usage {name!r} rounds blocks of {listed} {unit} tier by tier", mend=mend)
            continue
        size = sizes.pop()
        meter = part.reading.meter(unit, part.place)
        priced = _blocks(mine, mode, iso, unit)
        charge = usage(meter, window, priced, convert={"per": size, "round": "up"})
        called = name if len(units) == 1 else f"{name}_{unit}"
        draft.add(called, charge, f"killbill: usage {name!r} of {unit!r}, {policy}, blocks of {size}")


def _limit(part: Part) -> Decimal | None:
    """Read a `max`; -1, or nothing, is no limit."""
    held = part.get("max")
    if not held or re.fullmatch(r"-1(\.0*)?", held.text):
        return None
    return held.number


def _blocks(mine: list[Part], mode: str, iso: str, unit: str) -> Any:  # noqa: ANN401  a curve
    """Add up the blocks of the tiers to bounds."""
    tiers, ends, end = [], [], Decimal(0)
    for i, block in enumerate(mine):
        most, last = _limit(block), i == len(mine) - 1
        end += most or 0
        open_end = most is None or (last and mode == "all")
        tiers.append(tier(_amount(block.get("prices"), iso), up_to=None if open_end else end))
        ends.append((None if open_end else end, block))
        if last and most is not None and mode == "all":
            block.leave(f"above its last tier kill bill goes on at the price of that tier ({unit})")
    if ends[-1][0] is not None:
        mine[-1].leave(f"kill bill bills nothing above its last tier ({unit}): a tier at 0 says so")
        tiers.append(tier(Decimal(0)))
        ends.append((None, mine[-1]))
    return curve(tiers, mode, flat_on_zero=False) if closed(ends) else []


def _capacity(part: Part, draft: Draft, iso: str, tiers: list[Part], *, window: str) -> None:
    """Make a charge of flats, picked by the greatest number that was recorded; nothing without usage."""
    name = part.get("name").text
    limits = [held.get("limits").parts("limit") for held in tiers]
    units = {limit.get("unit").text for row in limits for limit in row}
    if len(units) != 1 or any(len(row) != 1 for row in limits):
        mend = "a card picks a tier by one measure; keep one unit"
        part.refuse(
            f"usage {name!r} is a capacity of {len(units)} units at once ({', '.join(sorted(units))})", mend=mend
        )
        return
    unit = units.pop()
    ends = [(_limit(row[0]), held) for row, held in zip(limits, tiers, strict=True)]
    if ends[-1][0] is not None:
        tiers[-1].leave(f"above {ends[-1][0]} {unit} kill bill stops with an error; here its last price goes on")
        ends[-1] = (None, tiers[-1])
    if not closed(ends):
        return
    meter = part.reading.meter(unit, part.place)
    part.leave("a capacity is the greatest amount recorded: a day's lines are read as one record")
    rows = [tier(Decimal(0), _amount(held.get("recurringPrice"), iso), end) for end, held in ends]
    priced = curve(rows, "all", flat_on_zero=False)
    charge: Words = {"measure": {"max": meter, "every": "day", "window": window}, "curve": priced}
    draft.add(name, charge, f"killbill: usage {name!r} of {unit!r}, CAPACITY")

"""Phases of a card: each part gets the time of its phase, and a charge that is replaced stands in versions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from pertoken.connect.card_words import LISTS, Own, Parts, during, parts
from pertoken.connect.placed import Door, Placed
from pertoken.connect.yaml_file import Path

PHASE_WORDS = ("during", "prices", *LISTS)
BOUNDS = ("start", "end", "after", "months")
"""What says when a part holds; the rest of `during` says how its periods are reckoned."""


@dataclass(frozen=True, slots=True)
class Span:
    """The time of a phase, or of several that follow each other.

    Args:
        bounds: What is said of it: `start`, `end`, `after`, `months`.
        how: How its periods are reckoned.
        place: Where it stands; None for the time before the first phase or after the last.
        phase: What the phase says.
    """

    bounds: Mapping[str, Any]
    how: Mapping[str, Any]
    place: Placed | None = None
    phase: Parts | None = None


def flattened(base: Parts, data: Placed, card: Mapping[str, Any], door: Door) -> dict[str, Any]:
    """Put the parts of all phases beside those of the card, each with its time.

    Args:
        base: What holds in all phases.
        data: The card as the file says it, with its `phases`.
        card: The card's own `during`.
        door: Told what is wrong.
    """
    phases = data.get("phases")
    spans = _spans(phases, (*data.path, "phases"), card, door) if phases is not None else []
    out = {"adjust": base.adjust, "clamps": base.clamps, "pools": base.pools}
    for span in spans:
        assert span.phase is not None  # noqa: S101  a span of the file
        for name, so_far in out.items():
            out[name] = _joined(so_far, [_timed(x, [span], door) for x in _list(getattr(span.phase, name))])
    names = [*base.prices, *(n for span in spans for n in _prices(span))] if isinstance(base.prices, dict) else []
    prices: Any = {} if names else base.prices
    for name in dict.fromkeys(names):
        made, own = _versions(name, base, spans, door)
        prices |= {f"{name}@{i}" if i > 1 else name: charge for i, charge in enumerate(made, 1)}
        out["clamps"] = _joined(out["clamps"], own.clamps)
        out["pools"] = _joined(out["pools"], own.pools)
    return {"prices": prices, **out}


def _list(value: Any) -> list[Any]:  # noqa: ANN401  unchecked input
    return value if isinstance(value, list) else [value]


def _joined(one: Any, two: list[Any]) -> Any:  # noqa: ANN401  unchecked input
    return [*_list(one), *two] if two else one


def _prices(span: Span) -> Mapping[str, Any]:
    return span.phase.prices if span.phase is not None and isinstance(span.phase.prices, dict) else {}


def _versions(name: str, base: Parts, spans: Sequence[Span], door: Door) -> tuple[list[Any], Own]:
    """List what is charged under a name, one after the other."""
    if not any(name in _prices(span) for span in spans):
        return [base.prices[name]], base.own.get(name, Own())
    made, all_own, pieces = [], Own(), 0
    for run in _runs(name, spans):
        phase = run[0].phase if name in _prices(run[0]) else base
        assert phase is not None  # noqa: S101  see _runs
        if name not in phase.prices:
            continue
        pieces += phase is base
        own = phase.own.get(name, Own())
        made.append(_timed(phase.prices[name], run, door, how=True))
        all_own.clamps += [_timed(each, run, door) for each in own.clamps]
        all_own.pools += [_timed(each, run, door) for each in own.pools]
    pools = base.own.get(name, Own()).pools
    if pieces > 1 and pools and isinstance(pools[0], Placed):
        door.refuse(pools[0].path, f"a pool in {name}, which phases cut in {pieces} pieces", "it under `pools`")
    return made, all_own


def _runs(name: str, spans: Sequence[Span]) -> Iterator[list[Span]]:
    """Cut time where the charge under a name changes: each phase that replaces it, and each stretch in between."""
    run: list[Span] = []
    for span in _whole(spans):
        if name in _prices(span):
            yield from [run] * bool(run)
            yield [span]
            run = []
        else:
            run.append(span)
    yield from [run] * bool(run)


def _whole(spans: Sequence[Span]) -> Iterator[Span]:
    """Put the time before the first phase and after the last beside them."""
    first, last = spans[0].bounds, spans[-1].bounds
    if first.get("start"):
        yield Span({"end": first["start"]}, {})
    yield from spans
    if last.get("end"):
        yield Span({"start": last["end"]}, {})
    elif last.get("months"):
        yield Span({"after": last.get("after", 0) + last["months"]}, {})


def _timed(item: Any, run: Sequence[Span], door: Door, *, how: bool = False) -> Any:  # noqa: ANN401  unchecked input
    """Give a part the time of the phases that it holds in; what it says itself of how goes first."""
    if not isinstance(item, Placed):
        return item
    said = item.get("during", {})
    if not isinstance(said, Mapping):
        return item
    if set(BOUNDS) & set(said):
        path = (*item.path, "during")
        door.refuse(path, "a part of a phase says itself when it holds", "the time of its phase alone")
        return item
    place = next((span.place for span in run if span.place is not None), None)
    words = {**(run[0].how if how else {}), **{k: v for k, v in said.items() if k != "line"}, **_bounds(run)}
    line = said.get("line") or (place.line if place is not None else item.line)
    where = said if isinstance(said, Placed) else place if place is not None else item
    return item.but(during=Placed({**words, "line": line}, where.path, line))


def _bounds(run: Sequence[Span]) -> dict[str, Any]:
    """Bounds of phases that follow each other, as one."""
    first, last = run[0].bounds, run[-1].bounds
    out = {name: first[name] for name in ("start", "after") if first.get(name)}
    if last.get("end"):
        out["end"] = last["end"]
    if last.get("months"):
        out["months"] = last.get("after", 0) + last["months"] - first.get("after", 0)
    return out


def _spans(phases: Any, path: Path, card: Mapping[str, Any], door: Door) -> list[Span]:  # noqa: ANN401  unchecked input
    if not isinstance(phases, list) or not phases or not all(isinstance(each, Placed) for each in phases):
        door.refuse(path, f"phases is {phases!r}", "a list of {during: ..., prices: ...}")
        return []
    before = len(door.wrong)
    for each in phases:
        door.only(each, PHASE_WORDS, " in a phase")
    times = [_time(each, door) for each in phases]
    if len(door.wrong) > before:
        return []
    bounds = [{name: time[name] for name in BOUNDS if time.get(name)} for time in times]
    made = _relative(bounds, times, door) if any("months" in b for b in bounds) else _dated(bounds, times, card, door)
    how = [{k: v for k, v in time.items() if k not in (*BOUNDS, "line")} for time in times]
    each = zip(made, how, times, phases, strict=True)
    spans = [Span(bound, rest, time, parts(phase, door)) for bound, rest, time, phase in each]
    return spans if len(door.wrong) == before else []


def _time(phase: Placed, door: Door) -> Placed:
    """Read when a phase is; nothing said is an open phase."""
    said = phase.get("during", Placed({}, phase.path, phase.line))
    if not isinstance(said, Placed):
        door.refuse((*phase.path, "during"), f"during is {said!r}", "{months: 3}, {from: ..., to: ...} or {}")
        return Placed({}, phase.path, phase.line)
    out = during(said, door)
    for name in ("start", "end"):
        try:
            out[name] = date.fromisoformat(str(out[name])) if out.get(name) else None
        except ValueError:
            word = "from" if name == "start" else "to"
            door.refuse((*said.path, word), f"{word} is {out[name]!r}", "a day, as 2026-01-31")
    months = out.get("months")
    if months is not None and (isinstance(months, bool) or not isinstance(months, int) or months < 1):
        door.refuse((*said.path, "months"), f"months is {months!r}", "a whole number of 1 or more")
    if "after" in out:
        door.refuse((*said.path, "after"), "a phase says after", "nothing: it follows the phase before it")
    return Placed({name: value for name, value in out.items() if value is not None}, said.path, said.line)


def _relative(bounds: list[dict[str, Any]], times: list[Placed], door: Door) -> list[dict[str, Any]]:
    """Phases by months follow each other from the contract's start."""
    out, after = [], 0
    for i, (bound, time) in enumerate(zip(bounds, times, strict=True)):
        if "start" in bound or "end" in bound:
            door.refuse(time.path, "phases partly by date, partly by months", "one of the two for all")
        if "months" not in bound and i < len(bounds) - 1:
            door.refuse(time.path, "a phase without an end is followed by another", "months on all but the last")
        out.append({**({"after": after} if after else {}), **bound})
        after += bound.get("months", 0)
    return out


def _dated(
    bounds: list[dict[str, Any]], times: list[Placed], card: Mapping[str, Any], door: Door
) -> list[dict[str, Any]]:
    """Phases by dates meet each other; what one leaves unsaid its neighbour says."""
    out = [dict(bound) for bound in bounds]
    for (one, two), time in zip(pairwise(out), times[1:], strict=True):
        end, start = one.setdefault("end", two.get("start")), two.get("start") or one["end"]
        if end is None:
            door.refuse(time.path, "a phase without an end is followed by another", "`to` before it, or `from` here")
        elif start != end:
            kind = "gap" if start > end else "overlap"
            mend = "let each phase begin on the day on which the one before it ends"
            door.refuse(time.path, f"{kind} between phases: one ends {end}, the next begins {start}", "none", mend)
        two["start"] = start
    for bound, time in zip(out, times, strict=True):
        if bound.get("start") and bound.get("end") and bound["end"] <= bound["start"]:
            door.refuse(time.path, f"a phase ends {bound['end']}, not after {bound['start']}", "to after from")
    begins, ends = str(card.get("start") or ""), str(card.get("end") or "")
    if begins and out[0].get("start") and str(out[0]["start"]) > begins:
        door.refuse(times[0].path, f"gap: the card begins {begins}, its first phase {out[0]['start']}", "the same day")
    if ends and out[-1].get("end") and str(out[-1]["end"]) < ends:
        door.refuse(times[-1].path, f"gap: the card ends {ends}, its last phase {out[-1]['end']}", "the same day")
    return out

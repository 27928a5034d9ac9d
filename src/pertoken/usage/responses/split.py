"""Totals that overlap become leaves: what is cached, of which modality and how it was stored is taken off the whole."""

from collections.abc import Callable

from pertoken.core.errors import Fault, InputError
from pertoken.usage.record import Count
from pertoken.usage.responses.scan import MEND, Parts

Meters = dict[str, Count]

MODALITIES = ("audio", "image", "video")
"""Modalities that have meters of their own; all else is text."""

MODAL = frozenset(MODALITIES) | {f"cached_{each}" for each in MODALITIES}
"""Parts of a prompt that are not text."""

SPOKEN = frozenset(f"output_{each}" for each in MODALITIES)
"""Parts of an answer that are not text."""

KEPT = {"audio": "cache_read_audio_tokens", "image": "cache_read_image_tokens"}
"""Modalities whose cache reads have a meter of their own; those of others count as text."""

WRITTEN = "write_"
"""How the parts begin that say how long a cache write is kept: `write_1h`."""


def of_input(parts: Parts, whole: Count, say: Callable[[str], str]) -> tuple[Meters, list[str]]:
    """Split the tokens of a prompt, cache reads and writes among them, into leaves.

    What the response leaves open is taken for text as far as there is text: cached tokens of a modality not said, and
    the rest of a list of modalities that does not add up to the whole.

    Args:
        parts: `cached` and `cached_audio`..., `written` and `write_1h`..., `audio`, `image`, `video`.
        whole: All tokens of the prompt.
        say: Names the field that reported a part.

    Returns:
        Leaf meters, those of nothing left out, and what is not sure of them.

    Raises:
        InputError: A part is more than its whole.
    """
    writes = of_writes(parts, say)
    written = sum(writes.values())
    if parts.keys().isdisjoint(MODAL):
        cached = max(parts.get("cached", 0), parts.get("cached_text", 0))
        _hold(cached, whole, say, "cached")
        _hold(cached + written, whole, say, "cached", "written")
        plain: Meters = {"input_tokens": whole - cached - written, "cache_read_tokens": cached}
        return {name: number for name, number in (plain | writes).items() if number}, []
    known = {each: parts.get(f"cached_{each}", 0) for each in MODALITIES}
    cached = max(parts.get("cached", 0), sum(known.values()) + parts.get("cached_text", 0))
    modal = {each: max(parts.get(each, 0), known[each]) for each in MODALITIES}
    _hold(cached, whole, say, "cached")
    _hold(cached + written, whole, say, "cached", "written")
    _hold(sum(modal.values()), whole, say, *(each for each in MODALITIES if modal[each]))
    fresh = {each: modal[each] - known[each] for each in MODALITIES}
    loose, text = cached - sum(known.values()), whole - sum(modal.values())
    moved = _overflow(fresh, loose - text)
    loose -= sum(moved.values())
    text -= loose + written
    lost = _overflow(fresh, -text)
    notes = [f"{n:,} cached tokens can only be {each}" for each, n in moved.items()]
    notes += [f"{n:,} tokens written to the cache can only be {each}" for each, n in lost.items()]
    notes += ["cached video is counted with cached text"] if known["video"] or "video" in moved else []
    kept = {each: known[each] + moved.get(each, 0) for each in MODALITIES}
    meters: Meters = {"input_tokens": text + sum(lost.values()), "cache_read_tokens": loose + kept["video"]}
    meters |= {KEPT[each]: kept[each] for each in KEPT} | {f"input_{each}_tokens": fresh[each] for each in MODALITIES}
    return {name: number for name, number in (meters | writes).items() if number}, notes


def _overflow(fresh: Meters, over: Count) -> Meters:
    """Take what text has no room for off the modalities, in their order.

    >>> fresh = {"audio": 5, "image": 5, "video": 0}
    >>> _overflow(fresh, 7), fresh
    ({'audio': 5, 'image': 2}, {'audio': 0, 'image': 3, 'video': 0})
    """
    taken: Meters = {}
    for each in fresh:
        if over > 0 and fresh[each]:
            taken[each] = min(over, fresh[each])
            fresh[each] -= taken[each]
            over -= taken[each]
    return taken


def of_writes(parts: Parts, say: Callable[[str], str]) -> Meters:
    """Split what was written to a cache by how long it is kept; what is not said stays without a time.

    Raises:
        InputError: The parts are more than the whole.
    """
    timed: Meters = {f"cache_{name}_tokens": n for name, n in parts.items() if name.startswith(WRITTEN)}
    written = parts.get("written")
    if not written:
        return timed
    if not timed:
        return {"cache_write_tokens": written}
    rest = written - sum(timed.values())
    if rest < 0:
        told = [name for name in parts if name.startswith(WRITTEN)]
        _hold(sum(timed.values()), written, say, *told, inside="written")
    return timed | {"cache_write_tokens": rest} if rest else timed


def of_output(parts: Parts, whole: Count, say: Callable[[str], str]) -> tuple[Meters, list[str]]:
    """Split the tokens of an answer, reasoning among them, into leaves.

    Args:
        parts: `reasoning`, `output_audio`, `output_image`, `output_video`.
        whole: All tokens of the answer.
        say: Names the field that reported a part.

    Raises:
        InputError: A part is more than its whole.
    """
    reasoning = parts.get("reasoning", 0)
    if reasoning <= whole and parts.keys().isdisjoint(SPOKEN):
        plain: Meters = {"output_tokens": whole - reasoning, "reasoning_tokens": reasoning}
        return {name: number for name, number in plain.items() if number}, []
    modal: Meters = {f"output_{each}_tokens": parts.get(f"output_{each}", 0) for each in MODALITIES}
    spoken = sum(modal.values())
    _hold(
        spoken, whole, say, *(f"output_{each}" for each in MODALITIES if parts.get(f"output_{each}")), inside="output"
    )
    less = max(reasoning - (whole - spoken), 0)
    notes = [f"{less:,} of {reasoning:,} reasoning tokens are beyond the output that is billed"] if less else []
    meters = {"output_tokens": whole - spoken - reasoning + less, "reasoning_tokens": reasoning - less} | modal
    return {name: number for name, number in meters.items() if number}, notes


def _hold(part: Count, whole: Count, say: Callable[[str], str], *names: str, inside: str = "input") -> None:
    if part > whole:
        told = f"found {part:,}, which is more than {say(inside)} = {whole:,}"
        mend = f"{MEND}; a count that stands beside its whole must be added to it"
        raise InputError.of([Fault(" + ".join(map(say, names)), told, "a part of it", mend)])

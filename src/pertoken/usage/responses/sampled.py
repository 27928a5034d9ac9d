"""Which samplings of a response of Anthropic are billed, on which model, so that no token counts twice.

The response's own counts sum up the samplings of the model that answers (`message`, `fallback_message`). Those of
`compaction` and of an advisor are not among them. An attempt that was declined before another model took over is listed
with its own model, stands in no sum, and is not billed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pertoken.usage.responses.invocation import Body
from pertoken.usage.responses.scan import Parts

APART = frozenset({"compaction", "advisor_message"})
"""Kinds of sampling that the response's own counts leave out."""

OF_ALL = frozenset({"reasoning", "web_searches", "web_fetches", "code_executions"})
"""Parts that are told of the whole response only."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """One sampling of a model.

    Args:
        kind: What it was for.
        parts: Its counts.
        model: The model, where it is told.
        notes: What is not sure of it.
    """

    kind: str
    parts: Parts
    model: str = ""
    notes: tuple[str, ...] = ()


def billed(whole: Parts, told: Sequence[tuple[Body, Parts]]) -> tuple[Sampling, ...]:
    """List the samplings that are billed, in their order.

    Where those of the answering model do not add up to the response's own output, its own counts stand for them.

    Args:
        whole: The response's own counts.
        told: Each entry of `iterations`, and its counts.
    """
    every = [Sampling(str(each.get("type") or ""), parts, str(each.get("model") or "")) for each, parts in told]
    taken = next((each.model for each in every if each.kind == "fallback_message"), None)
    apart = [each if each.model or each.kind != "advisor_message" else _unnamed(each) for each in every if _apart(each)]
    served = [each for each in every if not _apart(each) and (taken is None or each.model == taken)]
    answers = _answers(whole, served, taken or "")
    declined = len(every) - len(served) - len(apart)
    if declined and answers:
        note = "a declined attempt is left out, since it is not billed"
        answers[0] = replace(answers[0], notes=(*answers[0].notes, note))
    return tuple(_in_order(every, served, answers, apart))


def _apart(each: Sampling) -> bool:
    return each.kind in APART


def _answers(whole: Parts, served: Sequence[Sampling], model: str) -> list[Sampling]:
    """Say what the answering model is billed for: its samplings if they add up, else the response's own counts."""
    output = sum(each.parts.get("output", 0) for each in served)
    if served and output == whole.get("output", 0):
        return (
            _shared(whole, served) if len(served) > 1 else [replace(served[0], parts=_fuller(whole, served[0].parts))]
        )
    notes = (f"iterations tell of {output:,} output tokens; the response's own counts stand",) if served else ()
    return [Sampling("message", whole, model, notes)] if whole else []


def _fuller(whole: Parts, one: Parts) -> Parts:
    """The response's own counts, which say more than its only sampling, unless the sampling was fed otherwise."""
    fed = ("input", "cached", "written")
    return whole if all(whole.get(name, 0) == one.get(name, 0) for name in fed) else one | _of_all(whole)


def _of_all(whole: Parts) -> Parts:
    return {name: whole[name] for name in OF_ALL if name in whole}


def _shared(whole: Parts, served: Sequence[Sampling]) -> list[Sampling]:
    """Share what is told of the whole response only: tools to the first sampling, reasoning as there is output."""
    rest = whole.get("reasoning", 0)
    timed = [name for name in whole if name.startswith("write_")]
    out = []
    for i, each in enumerate(served):
        thought = min(rest, each.parts.get("output", 0))
        rest -= thought
        parts = each.parts | (_of_all(whole) if i == 0 else {}) | ({"reasoning": thought} if thought else {})
        parts = parts if thought else {name: n for name, n in parts.items() if name != "reasoning"}
        if len(timed) == 1 and parts.get("written") and not any(name.startswith("write_") for name in parts):
            parts[timed[0]] = parts["written"]
        out.append(replace(each, parts=parts))
    return out


def _unnamed(each: Sampling) -> Sampling:
    return replace(each, notes=("the advisor's model is not said",))


def _in_order(
    every: Sequence[Sampling], served: Sequence[Sampling], answers: list[Sampling], apart: list[Sampling]
) -> list[Sampling]:
    """Put the answers where the answering model stood, and what is apart where it stood."""
    if len(answers) != len(served):
        return [*answers, *apart]
    place = {id(each): i for i, each in enumerate(every)}
    kinds = [each for each in every if _apart(each)]
    both = [*zip(served, answers, strict=True), *zip(kinds, apart, strict=True)]
    return [answer for _, answer in sorted(both, key=lambda pair: place[id(pair[0])])]

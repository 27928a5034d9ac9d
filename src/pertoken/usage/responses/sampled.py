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
    all_ = [Sampling(str(each.get("type") or ""), parts, str(each.get("model") or "")) for each, parts in told]
    taken = next((each.model for each in all_ if each.kind == "fallback_message"), None)
    served = [each for each in all_ if each.kind not in APART and (taken is None or each.model == taken)]
    apart = [each if each.model or each.kind != "advisor_message" else _unnamed(each) for each in all_ if each.kind in APART]
    output = sum(each.parts.get("output", 0) for each in served)
    if len(served) == 1 and output == whole.get("output", 0):
        answers = [replace(served[0], parts=_whole(whole, served[0].parts))]
    elif served and output == whole.get("output", 0):
        answers = _shared(whole, served)
    elif any(whole.values()):
        note = f"iterations tell of {output:,} output tokens; the response's own counts stand" if served else ""
        answers = [Sampling("message", whole, taken or "", (note,) if note else ())]
    else:
        answers = []
    declined = len(all_) - len(served) - len(apart)
    if declined and answers:
        answers[0] = replace(answers[0], notes=(*answers[0].notes, f"{declined} declined attempt(s) left out, not billed"))
    return tuple(_in_order(all_, served, answers, apart))


def _whole(whole: Parts, one: Parts) -> Parts:
    """The response's own counts, which say more than its only sampling, unless the sampling was fed otherwise."""
    fed = ("input", "cached", "written")
    return whole if all(whole.get(name, 0) == one.get(name, 0) for name in fed) else one | _of_all(whole)


def _of_all(whole: Parts) -> Parts:
    return {name: whole[name] for name in OF_ALL if name in whole}


def _shared(whole: Parts, served: Sequence[Sampling]) -> list[Sampling]:
    """Share what is told of the whole response only: tools to the first sampling, reasoning as far as there is output."""
    rest = whole.get("reasoning", 0)
    timed = [name for name, n in whole.items() if name.startswith("write_") and n]
    out = []
    for i, each in enumerate(served):
        thought = min(rest, each.parts.get("output", 0))
        rest -= thought
        parts = each.parts | (_of_all(whole) if i == 0 else {}) | ({"reasoning": thought} if thought else {})
        if not thought:
            parts.pop("reasoning", None)
        if len(timed) == 1 and parts.get("written") and not any(name.startswith("write_") for name in parts):
            parts[timed[0]] = parts["written"]
        out.append(replace(each, parts=parts))
    if whole.get("reasoning"):
        out[0] = replace(out[0], notes=("reasoning is told of all samplings together",))
    return out


def _unnamed(each: Sampling) -> Sampling:
    return replace(each, notes=("the advisor's model is not said",))


def _in_order(
    all_: Sequence[Sampling], served: Sequence[Sampling], answers: list[Sampling], apart: list[Sampling]
) -> list[Sampling]:
    """Put the answers where the answering model stood, and what is apart where it stood."""
    if len(answers) != len(served):
        return [*answers, *apart]
    place = {id(each): i for i, each in enumerate(all_)}
    kinds = [each for each in all_ if each.kind in APART]
    both = [*zip(served, answers, strict=True), *zip(kinds, apart, strict=True)]
    return [answer for _, answer in sorted(both, key=lambda pair: place[id(pair[0])])]

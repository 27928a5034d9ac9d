"""Words for ways to serve a load: how machines are bought, on what a number rests, what was asked for."""

from collections.abc import Iterable
from math import isfinite

from pertoken.present.numbers import counted, show
from pertoken.serving.bought import Bought
from pertoken.serving.rented import Rented
from pertoken.serving.search import Choice, Wanted

PURCHASES = {"on_demand": "on demand", "spot": "spot", "reserved_1y": "1 year", "reserved_3y": "3 years"}

BUYING = {"on_demand": "on demand", "spot": "on spot", "reserved_1y": "committed for 1 year",
          "reserved_3y": "committed for 3 years"}  # fmt: skip
"""How machines are bought, in a sentence."""

USES = {"work": "serving", "latency": "batches kept small for latency", "headroom": "headroom", "spare": "spares",
        "starting": "starting", "idle": "idle"}  # fmt: skip


def replica(one: Choice) -> str:
    """Name what a replica stands on."""
    return f"{one.gpus} x {one.gpu} in {one.precision}" + (", attention apart" if one.apart > 1 else "")


def basis(one: Choice) -> str:
    """Say in a word whether such runs were measured."""
    kinds = {note.partition(":")[0] for note in one.notes}
    return next((kind for kind in ("extrapolated", "rough") if kind in kinds), "measured")


def machine(one: Rented, purchase: str) -> str:
    """Name a machine and how it is bought."""
    return f"{one.provider} {one.instance}, {BUYING[purchase]}"


def fleet(way: Bought) -> str:
    """Say how many machines a fleet has."""
    least, most, gpus = round(way.least), round(way.most), way.rented.gpus
    number = counted(most, "machines") if least == most else f"{least} to {counted(most, 'machines')}"
    return f"{number} of {gpus} GPUs" if gpus > 1 else number


def load(wanted: Wanted) -> str:
    """Say what was asked for."""
    rates, targets = wanted.traffic.rates, wanted.targets
    mean, peak = float(rates.mean()), float(rates.max())
    come = f"{show(mean, 'estimate')} requests a second" + (
        f" ({show(peak, 'estimate')} at the peak)" if peak > mean * 1.001 else ""
    )
    each = (show(float(count), "quantity") for count in (wanted.load.input_tokens, wanted.load.output_tokens))
    tokens = "{} tokens in, {} out".format(*each)
    aims = [
        words for words, aim in (
            (f"TTFT {targets.first:g} s", targets.first), (f"TPOT {targets.each * 1000:g} ms", targets.each)
        ) if isfinite(aim)
    ]  # fmt: skip
    due = f"due within {wanted.deadline / 3600:g} h" if isfinite(wanted.deadline) else "no target of latency"
    within = f"; {targets.percentile:g} % within {' and '.join(aims)}" if aims else f"; {due}"
    return f"{come}, {tokens}{within}"


def warnings(listed: Iterable[Choice]) -> list[str]:
    """Say each thing that is extrapolated or assumed once, with the ways that it holds for."""
    ways: dict[str, dict[str, list[str]]] = {}
    for one in listed:
        for note in one.notes:
            ways.setdefault(note, {}).setdefault(f"{one.gpu} in {one.precision}", []).append(str(one.gpus))
    named = {
        note: "; ".join(", ".join(sorted(counts, key=int)) + f" x {name}" for name, counts in each.items())
        for note, each in ways.items()
    }
    return [f"{note} ({names})" for note, names in named.items()]

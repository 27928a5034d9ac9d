"""Engine bins: what each bin of time saw, added up span by span."""

from pertoken.serving.engine_compiled import compiled
from pertoken.serving.engine_state import MADE, MEMORY, OUTPUT, PROMPT, RUNNING, STEPS

# signatures are numba's
# ruff: noqa: ANN001, ANN201, PLR0917


@compiled
def add(bins, width, begun, ended, prompt, output, running, memory, steps, made):  # type: ignore[no-untyped-def]
    """Spread a span over the bins that it lies in, to each by its share of the time.

    Args:
        bins: Shape `(bin, 6)`; added to.
        width: Of a bin. [s]
        begun: Begin of the span. [s]
        ended: Its end. [s]
        prompt: Seconds that prompts caused.
        output: Seconds that answers caused.
        running: Sequences that were served.
        memory: Blocks that were used.
        steps: Steps.
        made: Tokens.
    """
    last, whole = len(bins) - 1, ended - begun
    one, two = min(int(begun / width), last), min(int(ended / width), last)
    for j in range(one, two + 1):
        share = 1.0
        if two > one:
            until = ended if j == two else (j + 1) * width
            share = (until - max(begun, j * width)) / whole
        row = bins[j]
        row[PROMPT] += share * prompt
        row[OUTPUT] += share * output
        row[RUNNING] += share * whole * running
        row[MEMORY] += share * whole * memory
        row[STEPS] += share * steps
        row[MADE] += share * made

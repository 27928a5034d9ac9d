"""Cost of tokens: the bill of a fleet, split by the GPU time that prompts and answers take, and by what it went for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values

MILLION = 1e6

BUSY = ("work", "latency")
"""Uses of hours in which requests were served."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitCosts:
    """What tokens cost; shapes `(*batch,)`.

    Args:
        bill: The whole. [currency]
        uses: What of it went for which use of the hours; they add up to the bill. [currency]
        input_per_million: Of a million tokens of prompts that are read, all of the bill spread. [currency]
        output_per_million: Of a million tokens of answers, all of the bill spread. [currency]
        input_alone: The first without what was paid for hours that served nobody. [currency]
        output_alone: The second without it. [currency]
        per_request: Of a request, all of the bill spread. [currency]
    """

    bill: Values
    uses: dict[str, Values]
    input_per_million: Values
    output_per_million: Values
    input_alone: Values
    output_alone: Values
    per_request: Values


def unit_costs(
    bill: Values | float,
    hours: Mapping[str, Values | float],
    *,
    requests: Values | float,
    input_tokens: Values | float,
    output_tokens: Values | float,
    prompt_seconds: Values | float,
    decode_seconds: Values | float,
) -> UnitCosts:
    """Split a bill so that input and output tokens at their prices add up to it.

    Each kind of token bears the share of GPU time that it causes: prompts the time that they add to steps, answers
    the rest. What is found in a cache takes no time of its own and is no token of `input_tokens`, as in the books.
    Hours that served nobody are borne in the same shares, or shown apart.

    Args:
        bill: What the fleet cost. [currency]
        hours: Replica-hours by use, as `Fleet.hours`; `work` and `latency` are those that served. [h]
        requests: Requests served.
        input_tokens: Of a request, those that no cache has. [token]
        output_tokens: Of a request. [token]
        prompt_seconds: GPU time of a replica that the prompt of a request takes. [s]
        decode_seconds: GPU time of a replica that the answer of a request takes. [s]

    Raises:
        InputError: Nobody was served, or tokens take no time.

    >>> found = unit_costs(
    ...     100.0, {"work": 60.0, "latency": 10.0, "idle": 30.0}, requests=1e5,
    ...     input_tokens=1000, output_tokens=250, prompt_seconds=0.5, decode_seconds=1.5,
    ... )
    >>> [float(each) for each in (found.input_per_million, found.output_per_million, found.per_request)]
    [0.25, 3.0, 0.001]
    >>> found.input_alone.round(3).tolist(), found.output_alone.round(3).tolist(), float(found.uses["idle"])
    (0.175, 2.1, 30.0)
    """
    numbers = (bill, requests, input_tokens, output_tokens, prompt_seconds, decode_seconds)
    whole, count, asked, answered, prompt, decode = (np.asarray(each, dtype=float) for each in numbers)
    paid = np.asarray(sum(hours.values()), dtype=float)
    if not ((paid > 0).all() and all((each > 0).all() for each in (count, asked, answered, prompt + decode))):
        raise InputError("a bill without hours, requests, tokens or GPU time can't be split; expected some of each")
    uses = {use: whole * each / paid for use, each in hours.items()}
    busy = np.asarray(sum(uses.get(use, 0.0) for use in BUSY), dtype=float)
    share = prompt / (prompt + decode)
    to_prompts, to_answers = (MILLION * part / (count * each) for part, each in ((share, asked), (1 - share, answered)))
    return UnitCosts(
        bill=whole,
        uses=uses,
        input_per_million=whole * to_prompts,
        output_per_million=whole * to_answers,
        input_alone=busy * to_prompts,
        output_alone=busy * to_answers,
        per_request=whole / count,
    )

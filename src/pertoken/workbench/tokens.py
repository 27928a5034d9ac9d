"""How many tokens a prompt has for a model, and what sending it costs."""

import re
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from pertoken.catalog.book import Catalog
from pertoken.connect.prompts import Prompt, read_prompts
from pertoken.connect.tokenisers import Family, Tally, family_of, installed, tally
from pertoken.core.errors import InputError, PertokenError, UnpricedUsage
from pertoken.usage.prompt import Counted
from pertoken.workbench.quotes import call, price

__all__ = ["Counted", "count"]

PER_MESSAGE, PER_NAME, PER_REPLY = 3, 1, 3
"""Tokens that frame a message, a name in one, and the reply, on the models that COOKBOOK names."""

COOKBOOK = "OpenAI's cookbook, How to count tokens with tiktoken"
FRAMED = re.compile(r"(.*/)?(gpt-4o|gpt-4|gpt-3\.5-turbo)(-mini)?(-\d{4}(-\d\d-\d\d)?|-32k(-\d{4})?)?")
"""Models whose framing the cookbook gives."""

FRAME = (0, 4, 12)
"""Tokens that frame a message where nobody publishes them: the least, a guess, the most."""


def count(source: str | Path, model: str, *, on: date, catalog: Catalog | None = None) -> Counted:
    """Count the tokens of a file of prompts, without any network.

    Args:
        source: The file: text, a chat as JSON, or requests as JSON lines; `-` for standard input.
        model: The model that they are for.
        on: Day whose prices hold.
        catalog: Prices to use; the bundled ones if None.

    Returns:
        The count, or an estimate with its band, and what the prompts cost as input.

    Raises:
        InputError: The file can't be read, or nothing is known of the model.
    """
    prompts = read_prompts(_text(source), str(source))
    prices = _Prices(model, on, catalog)
    family = family_of(model)
    if family is None and prices.why and prices.unknown:
        raise InputError(prices.why)
    said = [_texts(prompt) for prompt in prompts]
    counted = tally([text for texts in said for text in texts], model)
    totals = _totals(prompts, said, counted, model)
    exact = counted.exact and _framed_exactly(prompts, model)
    tokens, low, high = (sum(each) for each in zip(*totals, strict=True))
    money = [prices.of([total[i] for total in totals]) for i in range(3)]
    return Counted(
        model=model, source=str(source), requests=len(prompts), tokens=tokens, low=low, high=high, exact=exact,
        characters=sum(len(text) for texts in said for text in texts), by=counted.by, basis=counted.source,
        price=money[0], price_low=money[1], price_high=money[2], currency=prices.currency,
        prices=prices.why or prices.source, notes=tuple(_notes(prompts, family, model)),
    )  # fmt: skip


def _text(source: str | Path) -> str:
    try:
        return sys.stdin.read() if str(source) == "-" else Path(source).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{source}: not UTF-8 text; expected text, JSON or JSON lines") from error
    except OSError as error:
        raise InputError(f"can't read {source}: {error.strerror}") from error


def _texts(prompt: Prompt) -> tuple[str, ...]:
    return tuple(text for message in prompt.messages for text in message.texts) or (prompt.text,)


def _totals(
    prompts: Sequence[Prompt], said: Sequence[Sequence[str]], counted: Tally, model: str
) -> list[tuple[int, int, int]]:
    """Add up each prompt, with what frames its messages: the count, the least, the most."""
    rows = iter(zip(counted.tokens, counted.low, counted.high, strict=True))
    totals = []
    for prompt, texts in zip(prompts, said, strict=True):
        parts = [next(rows) for _ in texts]
        least, usual, most = _frame(prompt, model)
        tokens, low, high = (sum(part[i] for part in parts) for i in range(3))
        totals.append((tokens + usual, low + least, high + most))
    return totals


def _frame(prompt: Prompt, model: str) -> tuple[int, int, int]:
    if not prompt.messages:
        return 0, 0, 0
    if FRAMED.fullmatch(model.lower()):
        names = sum(message.named for message in prompt.messages)
        frame = len(prompt.messages) * PER_MESSAGE + names * PER_NAME + PER_REPLY
        return frame, frame, frame
    least, usual, most = (each * len(prompt.messages) for each in FRAME)
    return least, usual, most


def _framed_exactly(prompts: Sequence[Prompt], model: str) -> bool:
    chat = any(prompt.messages for prompt in prompts)
    return not any(prompt.left_out for prompt in prompts) and (not chat or bool(FRAMED.fullmatch(model.lower())))


def _notes(prompts: Sequence[Prompt], family: Family | None, model: str) -> list[str]:
    left: Counter[str] = Counter()
    for prompt in prompts:
        left.update(prompt.left_out or {})
    notes = [f"not counted: {number} {kind}" for kind, number in sorted(left.items())]
    if family and not installed():
        notes.append("the tokeniser of this model comes with `pip install 'pertoken[tokens]'`")
    if family and any(prompt.messages for prompt in prompts):
        published = FRAMED.fullmatch(model.lower())
        words = f"{PER_MESSAGE} tokens a message and {PER_REPLY} for the reply, by {COOKBOOK}"
        notes.append(
            words if published else f"what frames a message is not published: {FRAME[0]} to {FRAME[2]} tokens each"
        )
    return notes


class _Prices:
    """Prices of prompts; what stands in the way, where there is none."""

    def __init__(self, model: str, on: date, catalog: Catalog | None) -> None:
        self.model, self.on, self.catalog = model, on, catalog
        self.why, self.unknown, self.source, self.currency = "", False, "", "USD"
        try:
            first = price([model], calls=call(requests=1, input=1), on=on, catalog=catalog).quotes[0]
            self.source, self.currency = first.source, first.currency
        except PertokenError as error:
            self.why, self.unknown = str(error).splitlines()[0], not isinstance(error, UnpricedUsage)

    def of(self, lengths: Sequence[int]) -> Decimal | None:
        """Price each prompt by its own length, since long ones may cost more for each token."""
        if self.why:
            return None
        total = Decimal(0)
        for length, number in Counter(lengths).items():
            if length:
                calls = call(requests=number, input=length)
                total += price([self.model], calls=calls, on=self.on, catalog=self.catalog).quotes[0].total
        return total

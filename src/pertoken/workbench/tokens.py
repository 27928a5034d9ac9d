"""How many tokens a prompt has for a model, and what sending it costs."""

import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from pertoken.catalog.book import Catalog, find
from pertoken.connect.catalogs import read_catalog
from pertoken.connect.prompts import Prompt, read_prompts
from pertoken.connect.tokenisers import Family, Tally, family_of, installed, tally
from pertoken.core.errors import InputError
from pertoken.rating.cost import Costed, Pricer, priced, pricer
from pertoken.usage.prompt import Counted
from pertoken.usage.record import UsageRecord

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
        InputError: The file can't be read.
        UnknownModel: Nothing is known of the model.
    """
    prompts = read_prompts(_text(source), str(source))
    book = catalog or read_catalog()
    prices = _Prices(pricer(book), model, on)
    family = family_of(model)
    if family is None:
        find(book, model)
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


@dataclass(frozen=True, slots=True)
class _Prices:
    """Prices of prompts on a model; the reason, where there is none."""

    ready: Pricer
    model: str
    on: date

    def of(self, lengths: Sequence[int]) -> Decimal | None:
        """Price each prompt by its own length, since long ones may cost more for each token."""
        if self.why:
            return None
        each = Counter(length for length in lengths if length)
        amounts = (number * (self._cost(length).amount or Decimal(0)) for length, number in each.items())
        return sum(amounts, Decimal(0))

    @property
    def why(self) -> str:
        """Say why there is no price; empty if there is one."""
        one = self._cost(1)
        return "" if one.amount is not None else "; ".join(one.reasons)

    @property
    def source(self) -> str:
        """Name who gives the price."""
        return next((line.rate.source for line in self._cost(1).lines if line.rate), "")

    @property
    def currency(self) -> str:
        """Name the currency."""
        return self._cost(1).currency

    def _cost(self, length: int) -> Costed:
        return priced(self.ready, UsageRecord(meters={"input_tokens": length}, model=self.model), self.on)

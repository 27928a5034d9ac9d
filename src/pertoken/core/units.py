"""Unit: what a number counts, so that formulas are checked before anything runs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from pertoken.core.errors import Fault, InputError, PertokenError, alike

NOUNS = frozenset({
    "token", "request", "customer", "user", "seat", "account", "session", "message", "document", "page", "image",
    "character", "search", "call", "event", "job", "hour", "day", "minute", "second", "week", "person", "gpu",
    "gpu_hour", "cpu_hour", "byte", "GB", "TB", "parameter", "step", "employee", "subscription", "invoice",
})  # fmt: skip
"""Words that are read without being declared; others are too, unless they look like one of these misspelled."""

CURRENCIES = frozenset({
    "AUD", "BRL", "CAD", "CHF", "CNY", "DKK", "EUR", "GBP", "HKD", "INR", "JPY", "KRW", "MXN", "NOK", "NZD", "PLN",
    "SEK", "SGD", "USD", "ZAR",
})  # fmt: skip
"""Currencies that are recognised in small letters too."""

TIMES = {"month": Fraction(1), "quarter": Fraction(3), "year": Fraction(12)}
"""Months in the spans that are no nouns, since everything is by month."""

LETTERS = {"k": Fraction(1000), "K": Fraction(1000), "M": Fraction(10**6), "B": Fraction(10**9)}
"""What a letter right behind a number multiplies it by."""

SINGULAR = {"s": "second", "gpus": "gpu", "cpus": "cpu", "people": "person", "persons": "person", "h": "hour"}
"""Nouns whose singular does not follow from their letters."""

_KEPT = re.compile(r".*(ss|us|is|series)|alias|atlas|bias|canvas|gas|lens|news|.{1,2}")
_SPLIT = re.compile(
    r"\s*(?:(?P<number>\d[\d_]*(?:\.\d+)?)(?P<letter>[kKMB](?!\w))?|(?P<noun>[^\W\d][\w-]*)|(?P<sign>[*/^()%]))"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of powers of what is counted, and a factor.

    Two units are equal where they count the same in the same size, however they were written.

    Args:
        powers: Noun (`token`, `request`, `USD`) and its exponent, never zero; in the order of `noun_order`.
        scale: How many of the plain unit one of it is: 1000 for `1K token`, 1/100 for `%`, 1/12 for `1 / year`.
        text: As it was written, or as a person writes it.
    """

    powers: tuple[tuple[str, int], ...] = ()
    scale: Fraction = Fraction(1)
    text: str = field(default="1", compare=False)

    def __str__(self) -> str:
        """Write the unit for a person."""
        return self.text


ONE = Unit()
"""The unit of a bare number."""


def unit(text: str, aliases: Mapping[str, str] | None = None) -> Unit:
    """Read a unit.

    Nouns are joined by `*` and `/`, from left to right; a number before a noun belongs to it.

    Args:
        text: As written: `USD / 1K token`, `%`, `1 / year`.
        aliases: The modeller's own nouns, each with the unit that it is: `{"query": "request", "pack": "5 request"}`.

    Raises:
        InputError: It is no unit, or has a noun that is a known one misspelled.

    >>> unit("USD / 1K tokens").scale, unit("token/request") == unit("tokens per request")
    (Fraction(1, 1000), True)
    >>> unit("1 / year").scale
    Fraction(1, 12)
    """
    found = _Reader(text, {singular(key): value for key, value in (aliases or {}).items()}).whole()
    return replace(found, text=" ".join(text.split()) or "1")


def made(powers: Mapping[str, int], scale: Fraction = Fraction(1)) -> Unit:
    """Make a unit of exponents and a factor, with its text in normal form."""
    kept = tuple((noun, powers[noun]) for noun in sorted(powers, key=noun_order) if powers[noun])
    return Unit(kept, scale, _written(kept, scale))


def noun_order(noun: str) -> tuple[bool, str]:
    """Sort key of a noun: what is counted before money."""
    return (noun.isupper(), noun)


def times(left: Unit, right: Unit) -> Unit:
    """Multiply two units.

    >>> str(times(unit("user"), unit("USD / 1K token")))
    'user * USD / 1K token'
    """
    powers = dict(left.powers)
    for noun, exponent in right.powers:
        powers[noun] = powers.get(noun, 0) + exponent
    return made(powers, left.scale * right.scale)


def over(left: Unit, right: Unit) -> Unit:
    """Divide a unit by another.

    >>> str(over(unit("USD"), unit("1K token")))
    'USD / 1K token'
    """
    return times(left, power(right, -1))


def power(one: Unit, exponent: int) -> Unit:
    """Raise a unit to a whole power."""
    return made({noun: n * exponent for noun, n in one.powers}, one.scale**exponent)


def plain(one: Unit) -> Unit:
    """Give the unit of the same nouns that has no factor."""
    return one if one.scale == 1 else made(dict(one.powers))


def same(left: Unit, right: Unit) -> bool:
    """Tell whether two units count the same; their size may differ."""
    return left.powers == right.powers


def factor(left: Unit, right: Unit) -> Fraction:
    """Tell how many of the right unit one of the left is.

    Raises:
        InputError: They do not count the same.

    >>> factor(unit("1K token"), unit("token"))
    Fraction(1000, 1)
    """
    if not same(left, right):
        raise InputError.of([Fault("", f"a number in {left}", str(right))])
    return left.scale / right.scale


def singular(noun: str) -> str:
    """Bring a noun to its singular, and a currency to capitals.

    >>> [singular(x) for x in ("queries", "GPU_hours", "gas", "batches", "usd", "s", "class")]
    ['query', 'gpu_hour', 'gas', 'batch', 'USD', 'second', 'class']
    """
    noun = noun.replace("-", "_")
    if noun.upper() in CURRENCIES:
        return noun.upper()
    if noun.isupper() and "_" not in noun:
        return noun
    head, joint, last = noun.rpartition("_")
    word = last if last.isupper() else last.lower()
    return head.lower() + joint + _one(word)


def _one(word: str) -> str:
    if word in SINGULAR:
        return SINGULAR[word]
    if not word.endswith("s") or _KEPT.fullmatch(word):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if re.search(r"(ss|x|ch|sh)es$", word) else word[:-1]


class _Reader:
    """Reads one unit from left to right."""

    def __init__(self, text: str, aliases: Mapping[str, str], seen: tuple[str, ...] = ()) -> None:
        self.text, self.aliases, self.seen = text, aliases, seen
        self.place = 0
        self.found = self._next()

    def whole(self) -> Unit:
        """Read all there is."""
        result = self._product() if self.text.strip() else ONE
        if self.found is not None:
            raise self._fault(f"`{self.found[0].strip()}` after a whole unit", "`*` or `/` between nouns")
        return result

    def _next(self) -> re.Match[str] | None:
        found = _SPLIT.match(self.text, self.place)
        if found is None and self.text[self.place :].strip():
            raise self._fault(f"`{self.text[self.place :].strip()}`", "nouns joined by `*` and `/`")
        self.place = found.end() if found else len(self.text)
        return found

    def _takes(self, *signs: str) -> str:
        sign = "" if self.found is None else self.found[0].strip()
        if sign not in signs:
            return ""
        self.found = self._next()
        return sign

    def _product(self) -> Unit:
        result = self._factor()
        while sign := self._takes("*", "/", "per"):
            result = (times if sign == "*" else over)(result, self._factor())
        return result

    def _factor(self) -> Unit:
        number = self._number()
        if self._takes("%"):
            return made({}, (number or Fraction(1)) / 100)
        if self._takes("("):
            inner = self._product()
            if not self._takes(")"):
                raise self._fault("a bracket that is not closed", "`)`")
            return _sized(number, inner)
        if self.found is None or not self.found["noun"] or self.found["noun"] == "per":
            if number is None:
                raise self._fault(f"`{self.found[0].strip()}`" if self.found else "an end", "a noun, `%` or `1`")
            return made({}, number)
        noun = self._noun(self.found["noun"])
        self.found = self._next()
        return _sized(number, self._raised(noun))

    def _number(self) -> Fraction | None:
        if self.found is None or not self.found["number"]:
            return None
        number = Fraction(self.found["number"].replace("_", "")) * LETTERS.get(self.found["letter"] or "", Fraction(1))
        if number <= 0:
            raise self._fault("a size of 0", "a size above 0")
        self.found = self._next()
        return number

    def _raised(self, one: Unit) -> Unit:
        if not self._takes("^"):
            return one
        exponent = self._number()
        if exponent is None or exponent.denominator != 1:
            raise self._fault("an exponent that is not whole", "as in `token^2`")
        return power(one, int(exponent))

    def _noun(self, written: str) -> Unit:
        noun = singular(written)
        if noun in self.seen:
            raise self._fault(f"`{noun}`, which is said in terms of itself", "a word that ends in nouns")
        if noun in self.aliases and singular(self.aliases[noun]) != noun:
            return _Reader(self.aliases[noun], self.aliases, (*self.seen, noun)).whole()
        if noun in TIMES:
            return made({}, TIMES[noun])
        close = [] if noun in NOUNS or noun in self.aliases or noun.isupper() else alike(noun, NOUNS)
        if close:
            mend = f"or say what it is under `units`: `{noun}: {noun}`"
            raise self._fault(f"the noun `{written}`", f"`{close[0]}`", mend)
        return made({noun: 1})

    def _fault(self, found: str, expected: str, mend: str = "") -> PertokenError:
        where = "" if found == f"`{self.text}`" else f"unit `{self.text}`: "
        return InputError.of([Fault("", where + found, expected, mend)])


def _sized(number: Fraction | None, one: Unit) -> Unit:
    return one if number is None else made(dict(one.powers), one.scale * number)


_SIZES = ((Fraction(1), ""), (Fraction(1000), "1K"), (Fraction(10**6), "1M"))


def _written(powers: tuple[tuple[str, int], ...], scale: Fraction) -> str:
    above = [_raised(noun, n) for noun, n in powers if n > 0]
    below = [_raised(noun, -n) for noun, n in powers if n < 0]
    number, top, bottom, years = _shares(scale, bool(above), bool(below))
    if top:
        above[0] = f"{top} {above[0]}"
    if bottom:
        below = [f"{bottom} {below[0]}", *below[1:]] if below else [bottom]
    if number:
        above = [f"{number} {above[0]}", *above[1:]] if above and number != "%" else [number, *above]
    above += ["year"] * (years > 0)
    below += ["year"] * (years < 0)
    return " / ".join([" * ".join(above) or "1", *below])


def _raised(noun: str, exponent: int) -> str:
    return noun if exponent == 1 else f"{noun}^{exponent}"


def _shares(scale: Fraction, above: bool, below: bool) -> tuple[str, str, str, int]:  # noqa: FBT001
    """Split a factor in what a person writes: `%`, `1K` above, `1M` below, years; or the number itself."""
    for years in (0, -1, 1):
        for percent in (Fraction(1), Fraction(1, 100)):
            for top, top_text in _SIZES if above else _SIZES[:1]:
                for bottom, bottom_text in _SIZES if below else _SIZES[:1]:
                    if percent * top / bottom * Fraction(12) ** years == scale:
                        return ("%" if percent != 1 else "", top_text, bottom_text, years)
    number = Decimal(scale.numerator) / scale.denominator
    if Fraction(number) == scale:
        return (f"{number:f}", "", "", 0)
    return (str(scale.numerator), "", str(scale.denominator), 0)

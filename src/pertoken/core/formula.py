"""Formula: arithmetic over named quantities as data, read once, run by several interpreters (NumPy, a spreadsheet)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pertoken.core.errors import Fault, InputError, PertokenError, nearest
from pertoken.core.nodes import (
    FUNCTIONS,
    WORDS,
    Call,
    Function,
    Name,
    Node,
    Number,
    mapped,
    month_label,
    month_number,
    names,
    quoted,
    subtrees,
    text,
)
from pertoken.core.unit_check import checked, unit_of
from pertoken.core.units import LETTERS, ONE, unit

__all__ = [
    "FUNCTIONS",
    "Call",
    "Formula",
    "Function",
    "Name",
    "Node",
    "Number",
    "checked",
    "formula",
    "mapped",
    "month_label",
    "month_number",
    "names",
    "quoted",
    "subtrees",
    "text",
    "unit_of",
]

LONGEST = 5_000
"""The most characters of a formula."""

DEEPEST = 60
"""The most brackets within brackets."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as the user wrote it, and what it says.

    Args:
        text: As written.
        node: The tree.
        names: The quantities that it asks for.
    """

    text: str
    node: Node
    names: frozenset[str]


def formula(text: str, aliases: Mapping[str, str] | None = None) -> Formula:
    """Read a formula.

    A unit follows its number after a space and goes on over slashes without spaces (`0.40 USD/customer`); in square
    brackets any unit may stand.

    Args:
        text: As written.
        aliases: The modeller's own nouns, for the units of numbers.

    Raises:
        InputError: It can't be read; the message says what stands where, and what should.

    >>> sorted(formula("users * queries_per_user * 3%").names)
    ['queries_per_user', 'users']
    """
    written = str(text)
    if len(written) > LONGEST:
        raise InputError.of([Fault("", f"a formula of {len(written):,} characters", f"at most {LONGEST:,}")])
    node = _Reader(written, aliases or {}).whole()
    return Formula(written, node, names(node))


_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d[\d_]*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)(?:(?P<letter>[kKMB])(?!\w))?"
    r"|(?P<name>(?:[^\W\d]\w*|'[^']+'|`[^`]+`)(?:\.(?:\w+|'[^']+'|`[^`]+`))*)"
    r"|(?P<sign><=|>=|==|!=|[-+*/^()<>,=]))"
)
_NOUN = r"[^\W\d]\w*(?![\w.('`])"
_UNIT = re.compile(
    rf"\s*(?!(?:and|or|not)\b)(?P<unit>{_NOUN}(?:/(?:\d[\d_]*[kKMB]?\s+)?{_NOUN})*)|\s*\[(?P<inner>[^\]]*)\]"
)
_SHARE = re.compile(r"\s*%(?P<per>/(?:month|quarter|year)\b)?")
_SPACED = re.compile(r"\s*/\s*(month|quarter|year)\b")
_MONTH = re.compile(r"\s*(?P<label>\d{4}-(?:0[1-9]|1[0-2]))(?!\d)")
_BARE_NAME = re.compile(r"'([^']+)'|`([^`]+)`")

_RANKS = (
    ("or",), ("and",), (), ("<", "<=", ">", ">=", "==", "!="), ("+", "-"), ("*", "/"),
)  # fmt: skip
"""Operators on two sides, from the loosest; `not` binds as tightly as the third row says."""

_NOT, _COMPARE, _SIGN = 2, 3, 6


class _Reader:
    """Reads one formula from left to right, each operator with what binds tighter than it."""

    def __init__(self, text: str, aliases: Mapping[str, str]) -> None:
        self.text, self.aliases = text, aliases
        self.start = self.end = self.depth = 0
        self.token = self._next()

    def whole(self) -> Node:
        """Read all there is."""
        if not self.text.strip():
            raise InputError.of([Fault("", "an empty formula", "a number, a name or an operation")])
        node = self._operation(0)
        if self.token is not None:
            raise self._fault("an operator between the two" if not self._is(")", "=") else self._unexpected())
        return node

    def _unexpected(self) -> str:
        return "`==` to compare" if self._is("=") else "as many `(` before it"

    def _next(self) -> re.Match[str] | None:
        found = _TOKEN.match(self.text, self.end)
        rest = self.text[self.end :]
        self.start = self.end + len(rest) - len(rest.lstrip())
        if found is None and rest.strip():
            raise self._fault("a number, a name or an operator")
        self.end = found.end() if found else len(self.text)
        return found

    def _is(self, *signs: str) -> bool:
        return self.token is not None and self.token[0].strip() in signs

    def _takes(self, *signs: str) -> str:
        if self.token is None or not self._is(*signs):
            return ""
        sign = self.token[0].strip()
        self.token = self._next()
        return sign

    def _operation(self, rank: int) -> Node:
        if rank == _NOT:
            return Call("not", (self._operation(rank),)) if self._takes("not") else self._operation(rank + 1)
        if rank == _SIGN:
            return self._signed()
        left = self._operation(rank + 1)
        while sign := self._takes(*_RANKS[rank]):
            left = Call(sign, (left, self._operation(rank + 1)))
            if rank == _COMPARE and self._is(*_RANKS[rank]):
                raise self._fault("`and` between two comparisons")
        return left

    def _signed(self) -> Node:
        if self._takes("+"):
            return self._signed()
        if not self._takes("-"):
            return self._raised()
        self._deeper()
        inner = self._signed()
        self.depth -= 1
        return Number(-inner.value, inner.unit) if isinstance(inner, Number) else Call("-", (inner,))

    def _raised(self) -> Node:
        base = self._atom()
        return Call("^", (base, self._signed())) if self._takes("^") else base

    def _atom(self) -> Node:
        if self.token is None:
            raise self._fault("a number, a name or `(`")
        if self.token["number"]:
            return self._number(self.token)
        if self.token["name"] and self.token["name"] not in WORDS:
            return self._name(self.token["name"])
        if not self._is("("):
            raise self._fault("a number, a name or `(`")
        self._deeper()
        self.token = self._next()
        inner = self._operation(0)
        self._closes()
        return inner

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._fault(f"at most {DEEPEST} brackets within brackets")

    def _closes(self) -> None:
        if not self._is(")"):
            raise self._fault("`)`")
        self.depth -= 1
        self.token = self._next()

    def _number(self, token: re.Match[str]) -> Number:
        value = Decimal(token["number"].replace("_", ""))
        value *= int(LETTERS.get(token["letter"] or "", 1))
        one = ONE
        if share := _SHARE.match(self.text, self.end):
            value, self.end = value / 100, share.end()
            one = unit("1" + (share["per"] or ""))
        elif found := _UNIT.match(self.text, self.end):
            one, self.end = unit(found["unit"] or found["inner"] or "", self.aliases), found.end()
            if spaced := _SPACED.match(self.text, self.end):
                self.start = self.end + spaced[0].index("/")
                raise self._fault(f"`/{spaced[1]}` without spaces in a unit, or the number with its unit in brackets")
        self.token = self._next()
        return Number(float(value), one, share=share is not None)

    def _name(self, written: str) -> Node:
        start = self.start
        self.token = self._next()
        if not self._is("("):
            return Name(_BARE_NAME.sub(lambda found: found[1] or found[2], written))
        known = FUNCTIONS.get(written)
        if known is None or not written[0].isalpha():
            self.start = start
            words = (word for word in FUNCTIONS if word.isidentifier() and word not in WORDS)
            raise self._fault(f"a function: {nearest(written, words)}", written)
        self._deeper()
        return self._call(written, known, start)

    def _call(self, function: str, known: Function, start: int) -> Call:
        if function in {"from", "in"}:
            args: tuple[Node, ...] = (self._month(),)
        else:
            self.token = self._next()
            args = self._arguments()
        self._closes()
        self.start = start
        if not known.fewest <= len(args) <= known.most:
            raise self._fault(f"{function} with {_many(known)}", f"{function}({', '.join(map(text, args))})")
        if (known.over_time or function == "tiered") and not isinstance(args[0], Name):
            mend = "give what is inside a name under `drivers`, and ask for that"
            raise self._fault("the name of a quantity in its brackets", f"{function}({text(args[0])})", mend)
        return Call(function, args)

    def _arguments(self) -> tuple[Node, ...]:
        if self._is(")"):
            return ()
        args = [self._operation(0)]
        while self._takes(","):
            args.append(self._operation(0))
        return tuple(args)

    def _month(self) -> Number:
        found = _MONTH.match(self.text, self.end)
        if found is None:
            self.token = self._next()
            raise self._fault("a month as `2027-03`")
        self.end = found.end()
        self.token = self._next()
        return Number(float(month_number(found["label"])))

    def _fault(self, expected: str, found: str = "", mend: str = "") -> PertokenError:
        rest = self.text[self.start :]
        shown = found or ((_TOKEN.match(rest) or [rest[:12]])[0] if rest else "")
        what = f"`{shown.strip()}` at character {self.start + 1}" if shown else "its end"
        return InputError.of([Fault("", f"formula `{self.text}`: found {what}", expected, mend)])


def _many(known: Function) -> str:
    if known.fewest == known.most:
        return f"{known.fewest} argument{'s' if known.fewest > 1 else ''}"
    return (
        f"{known.fewest} or more arguments"
        if known.most > known.fewest + 1
        else f"{known.fewest} or {known.most} arguments"
    )

"""What no engine answers: keys, periods and lengths that a log does not tell, and why, in words."""

from collections.abc import Container, Iterable, Sequence

from pertoken.core import period
from pertoken.core.errors import CardError, InputError, nearest
from pertoken.usage.decompose import Leaf
from pertoken.usage.question import Clock, Cut, PerRequest, Question
from pertoken.usage.schema import Binding

YES = ("true", "t", "1", "yes", "y", "batch")
"""Words for batch work."""
NO = ("false", "f", "0", "no", "n", "")
"""Words for all other work."""

_SPACES = (*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
NAMELESS = f"[{''.join(map(chr, _SPACES))}]*"
"""Regular expression of a label that names nobody: white space as Unicode has it, as engines differ on what is."""

LEDGER_KEYS = ("account", "amount", "card", "charge", "meter", "origin", "quantity", "stage", "term")
"""Names that the lines of a ledger use themselves."""


def no_ledger_key(question: Question, binding: Binding, columns: Container[str]) -> None:
    """Refuse a column of the log under a name that means something else on the lines of a ledger."""
    for name in question.keys:
        own = name in LEDGER_KEYS and not (name == "meter" and (binding.long or not binding.leaves))
        if own and (name in columns or name in binding.keys or name in binding.constants):
            msg = (
                f"the key {name!r} has another meaning in a ledger; map it under another name, as "
                f"`keys: {{log_{name}: {binding.keys.get(name, name)}}}` in the mapping (--map), and ask for log_{name}"
            )
            raise InputError(msg)


def no_key(name: str, binding: Binding, columns: Iterable[str]) -> InputError:
    """Say that there is no such key."""
    offered = nearest(name, [*binding.keys, *columns])
    return InputError(f"the log has no key {name!r}, and --map FILE maps no column to it; {offered}")


def no_period(grain: str) -> InputError:
    """Say that there are no times to reckon a period by."""
    return InputError(
        f"the log has no time to reckon the {grain} by; map a column to `time`, or say "
        f"--period {period.EXAMPLES[grain]} if all of it is of one {grain}"
    )


def no_length(cut: Cut) -> InputError:
    """Say that lines of meters do not tell the length of a request."""
    return InputError(
        f"the log has a line for each meter, so the length of a request is lost, and a card prices {cut.of} above "
        f"{cut.above[0]:,} apart; add a column {cut.key} that says 0 or the bound, or give a log with a row for each "
        "request"
    )


def no_clock(clock: Clock) -> InputError:
    """Say that there are no times to tell the hour by."""
    return InputError(
        f"a price depends on the time of day ({clock.key}), and the log has no times; map a column to `time`"
    )


def no_time() -> InputError:
    """Say that there is nothing to tell the day of a price by."""
    return InputError(
        "the log has no times, and prices changed in between; say --period of the log, or --on of the prices"
    )


def requests(binding: Binding) -> Leaf | None:
    """Find the leaf that counts requests."""
    return next((leaf for leaf in binding.leaves if leaf.meter == "requests"), None)


def unread(one: str, two: str) -> str:
    """Say what is wrong where only a column that is not read says something: it must not count as zero."""
    return f"{two} was expected, since {one} is not read"


def parts(own: Sequence[str], less: Sequence[str]) -> str:
    """Say what is wrong where a column contains more than it is."""
    return f"{' + '.join(own)} of at least {' + '.join(less)} was expected, since it contains it"


def batch(column: str) -> str:
    """Say what is wrong where batch is neither."""
    return f"{column} as true or false was expected"


def label(grain: str, column: str) -> str:
    """Say what is wrong where a column does not name a period."""
    return f"{column} in the form {period.EXAMPLES[grain]} was expected"


def needed(key: str, column: str) -> str:
    """Say what is wrong where a row has no label of a key that it must have."""
    return f"the name of a {key} was expected under {column}"


def number(column: str) -> str:
    """Say what is wrong where a column is no number."""
    return f"{column} as a number was expected"


def most(column: str) -> str:
    """Say what is wrong where a number is too large."""
    return f"{column} below a million billions was expected"


def whole(column: str) -> str:
    """Say what is wrong where a number has fractions."""
    return f"{column} as a whole number was expected"


def least(column: str) -> str:
    """Say what is wrong where a number is negative."""
    return f"{column} of 0 or more was expected"


TIME = "a time was expected, as 2026-01-31T09:00:00Z"
QUANTITY = "a quantity of 0 or more was expected"
WHOLE_QUANTITY = "a whole number was expected for such a meter"
METER = "the name of a meter was expected"
REPEATED = "a request id that stands only once was expected; the first row is kept"
MEAN = "rows hold several requests each; their length band is that of the mean request"
LIST = "{} is a list and is not read: its modalities count as what contains them"


def not_read(name: str, column: str, shown: object) -> InputError:
    """Refuse a log of which some counts are not read: they would be taken for zero."""
    return InputError(
        f"{name}: the column {column} looks like a meter (it holds {shown}), and nothing reads it; say what it is with "
        f"--map FILE (meters: {{METER: {column}}}), or that it is not to be read (ignore: [{column}])"
    )


def mixed_times(name: str, column: str, pair: Sequence[object]) -> InputError:
    """Refuse times of which some carry a zone and some do not."""
    return InputError(
        f"{name}: mixed time zones in {column}, for example {pair[0]} with a zone and {pair[1]} without; "
        "say what those without mean, as `timezone: UTC` in the mapping file (--map)"
    )


def lines_of_meters(name: str, asked: str) -> InputError:
    """Refuse lines of meters where each request is to be converted."""
    return InputError(
        f"{name} has a line for each meter, so {asked} can't be reckoned request by request; {_EACH_REQUEST}"
    )


def several(name: str, rows: int, column: str, asked: str) -> InputError:
    """Refuse rows of several requests where each request is to be converted."""
    return InputError(
        f"{rows:,} rows of {name} hold several requests (column {column}), so {asked} can't be reckoned request by "
        f"request; {_EACH_REQUEST}"
    )


_EACH_REQUEST = "give a log with a row for each request"


def endless(asked: PerRequest) -> CardError:
    """Refuse a factor that has no end as a decimal, where nothing rounds it."""
    words = f"times {asked.times:f} per {asked.per:f}" if asked.times != 1 else f"per {asked.per:f}"
    return CardError(f"{words} has no end as a decimal, so SQL can't keep it exact; rate it in Python")


def only_money(name: str, binding: Binding) -> None:
    """Refuse a bill: it has money and no usage, and so would cost nothing."""
    if not binding.leaves and not binding.long:
        msg = (
            f"{name} has money and no usage: it is a bill; hold it against the log that it is for, as "
            f"`pertoken reconcile LOG --bill {name}`"
        )
        raise InputError(msg)

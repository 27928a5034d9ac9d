"""The question as SQL: a binding says what columns mean, a question what to keep; here both become text."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pertoken.core import period
from pertoken.core.meters import METERS, PARTED, leaves, meter
from pertoken.engines import refusals
from pertoken.engines.source import identifier, quote
from pertoken.usage.decompose import Leaf
from pertoken.usage.question import DEFAULTS, PRICE_FROM, Clock, Cut, Question
from pertoken.usage.schema import Binding

Types = Mapping[str, str]
"""Column (`a.b` for a field of a record) to its SQL type."""

NUMBERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
    "VARCHAR",
)
"""How the names of SQL types begin whose columns may hold numbers."""
INTEGERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})
_ZONED = "TIMESTAMP WITH TIME ZONE"
QUANTITY = "quantity"
MOST = 10**15
"""More of a meter in one row is a mistake, and sums beyond it would not be exact."""

_OFFSET = r"'(Z|z|UTC|[+-]\d\d(:?\d\d)?)$'"
_EPOCH = r"'\d{9,19}(\.\d+)?'"

PERIODS = {
    "hour": ("date_trunc('hour', {t})", "strftime({c}, '%Y-%m-%dT%H')"),
    "day": ("CAST({t} AS DATE)", "strftime({c}, '%Y-%m-%d')"),
    "month": ("CAST(year({t}) * 12 + month({t}) - 1 AS INTEGER)", "printf('%04d-%02d', {c} // 12, {c} % 12 + 1)"),
    "quarter": ("CAST(year({t}) * 4 + quarter({t}) - 1 AS INTEGER)", "printf('%04d-Q%d', {c} // 4, {c} % 4 + 1)"),
    "year": ("year({t})", "CAST({c} AS VARCHAR)"),
}
"""How a period is grouped, and how its label is written afterwards."""


@dataclass(frozen=True, slots=True)
class Check:
    """A reason for which a row can't be used.

    Args:
        reason: In words, with what was expected.
        holds: SQL that is true for such a row.
        shows: SQL of what was found there.
        label: The only column that is looked at, where it holds labels; empty for others.
    """

    reason: str
    holds: str
    shows: str
    label: str = ""


def column(name: str) -> str:
    """Quote a column."""
    return identifier(name)


def number(name: str, types: Types, leaf: str) -> str:
    """The value of a meter's column as a number; nothing said counts as zero."""
    kind, whole = types[name], meter(leaf).whole
    if kind in INTEGERS:
        wide = column(name) if kind == "BIGINT" else f"CAST({column(name)} AS BIGINT)"
        return f"coalesce({wide}, 0)"
    return (
        f"coalesce(try_cast({_decimal(name, kind)} AS BIGINT), 0)" if whole else f"coalesce({_decimal(name, kind)}, 0)"
    )


def _said(name: str, kind: str) -> str:
    """What stands in a column; NULL where nothing does."""
    return f"nullif(trim({column(name)}), '')" if kind == "VARCHAR" else column(name)


def _decimal(name: str, kind: str) -> str:
    return f"try_cast({_said(name, kind)} AS DECIMAL(38, 9))"


def value(leaf: Leaf, types: Types) -> str:
    """A leaf of one row: its column less what the column contains."""
    own, less = ([number(c, types, leaf.meter) for c in some] for some in ((leaf.column, *leaf.more), leaf.less))
    total = " - ".join([" + ".join(own), *less])
    return f"({total})" if leaf.less or leaf.more else total


def instant(binding: Binding, types: Types) -> str:
    """The time of a row in UTC, without a zone."""
    assert binding.time is not None  # noqa: S101  see the callers
    name, kind = column(binding.time), types[binding.time]
    if kind in INTEGERS or kind in ("DOUBLE", "FLOAT", "UBIGINT", "HUGEINT") or kind.startswith("DECIMAL"):
        return _epoch(name)
    naive = f"try_cast({name} AS TIMESTAMP)" if kind == "VARCHAR" else f"CAST({name} AS TIMESTAMP)"
    if binding.timezone and binding.timezone != "UTC":
        naive = f"timezone('UTC', timezone({quote(binding.timezone)}, {naive}))"
    if kind == _ZONED:
        return f"timezone('UTC', {name})"
    if kind != "VARCHAR":
        return naive
    zoned = f"timezone('UTC', try_cast({name} AS TIMESTAMPTZ))"
    epoch = _epoch(f"try_cast({name} AS DOUBLE)")
    whens = f"WHEN {has_offset(name)} THEN {zoned} WHEN regexp_full_match({name}, {_EPOCH}) THEN {epoch}"
    return f"CASE {whens} ELSE {naive} END"


def _epoch(number: str) -> str:
    """A count since 1970 in seconds, milli-, micro- or nanoseconds, told apart by its size."""
    sizes = (("1e11", "* 1e6"), ("1e14", "* 1e3"), ("1e17", "* 1"))
    whens = " ".join(f"WHEN {number} < {size} THEN {number} {times}" for size, times in sizes)
    return f"make_timestamp(try_cast(CASE {whens} ELSE {number} / 1e3 END AS BIGINT))"


def has_offset(name: str) -> str:
    """Whether a written time carries a zone: it has a time of day and ends in Z or an offset."""
    return f"(length({name}) > 10 AND regexp_matches({name}, {_OFFSET}))"


def checks(binding: Binding, types: Types) -> list[Check]:
    """List what can be wrong with a row."""
    out = [_period_check(grain, name, types) for grain, name in binding.keys.items() if grain in period.GRAINS]
    out += [_batch_check(binding.keys["batch"], types)] if "batch" in binding.keys else []
    out += [_needed_check(key, binding.keys[key], types) for key in binding.needed]
    if binding.long:
        kind = types[QUANTITY]
        said, readable = _said(QUANTITY, kind), column(QUANTITY) if kind in INTEGERS else _decimal(QUANTITY, kind)
        bad = f"{readable} IS NULL OR {readable} < 0 OR {readable} > {MOST}"
        out.append(Check(refusals.QUANTITY, bad, said))
        parted = ", ".join(quote(name) for name, each in METERS.items() if not each.whole)
        own = "".join(f" AND NOT starts_with({column('meter')}, {quote(head)})" for head in PARTED)
        whole = f"{column('meter')} NOT IN ({parted}){own}"
        broken = f"{whole} AND {readable} <> trunc({readable})"
        out += [] if kind in INTEGERS else [Check(refusals.WHOLE_QUANTITY, broken, said)]
        out.append(Check(refusals.METER, f"nullif(trim({column('meter')}), '') IS NULL", column("meter")))
    if binding.time:
        name = column(binding.time)
        when = instant(binding, types)
        out.append(Check(refusals.TIME, f"({when}) IS NULL", name))
    out += [_unread_check(one, two, types) for one, two in binding.unread.items()]
    for leaf in () if binding.long else binding.leaves:
        for name in (leaf.column, *leaf.more):
            out += _number_checks(name, leaf.meter, types)
        out += [_part_check(leaf, types)] if leaf.less else []
    return list(dict.fromkeys(out))


def _part_check(leaf: Leaf, types: Types) -> Check:
    """What a column contains can't be more than the column."""
    own, less = (leaf.column, *leaf.more), leaf.less
    shown = [f"CAST({' + '.join(number(c, types, leaf.meter) for c in some)} AS VARCHAR)" for some in (own, less)]
    return Check(refusals.parts(own, less), f"{value(leaf, types)} < 0", " || ' < ' || ".join(shown))


_YES, _NO = (f"[{', '.join(map(quote, words))}]" for words in (refusals.YES, refusals.NO))


def _word(label: str) -> str:
    return f"lower(trim({label}))"


def _batch_check(name: str, types: Types) -> Check:
    word = _word(_label(name, types))
    return Check(refusals.batch(name), f"NOT list_contains({_YES} || {_NO}, {word})", column(name), name)


def _needed_check(key: str, name: str, types: Types) -> Check:
    """Who asks for customers must not be given one without a name."""
    nameless = f"regexp_full_match({_label(name, types)}, {quote(refusals.NAMELESS)})"
    return Check(refusals.needed(key, name), nameless, column(name), name)


def _unread_check(unread: str, read: str, types: Types) -> Check:
    """Files of several makes in one log: what only the column that is not read reports must not count as zero."""
    bad = f"{_said(read, types[read])} IS NULL AND {_said(unread, types[unread])} IS NOT NULL"
    return Check(refusals.unread(unread, read), bad, column(unread))


def _period_check(grain: str, name: str, types: Types) -> Check:
    said = _label(name, types)
    bad = f"NOT regexp_full_match({said}, {quote(f'({period.SHAPES[grain]})?')})"
    return Check(refusals.label(grain, name), bad, said, name)


def _number_checks(said_by: str, leaf: str, types: Types) -> list[Check]:
    name, kind = column(said_by), types[said_by]
    out = []
    if kind not in INTEGERS:
        said, readable = _said(said_by, kind), _decimal(said_by, kind)
        out.append(Check(refusals.number(said_by), f"{said} IS NOT NULL AND {readable} IS NULL", name))
        out.append(Check(refusals.most(said_by), f"{readable} > {MOST}", name))
        if meter(leaf).whole:
            out.append(Check(refusals.whole(said_by), f"{readable} <> trunc({readable})", name))
        out.append(Check(refusals.least(said_by), f"{readable} < 0", name))
        return out
    out.append(Check(refusals.most(said_by), f"{name} > {MOST}", name))
    return [*out, Check(refusals.least(said_by), f"{name} < 0", name)]


def key_columns(question: Question, binding: Binding, types: Types, *, on: str) -> dict[str, tuple[str, str]]:
    """For each key: the SQL to group by, and the SQL that makes its label of the group afterwards.

    Args:
        question: What to keep apart.
        binding: What the columns mean.
        types: The columns' types.
        on: Day whose prices hold where the log has no time; empty for the end of its period.
    """
    refusals.no_ledger_key(question, binding, types)
    out = {name: _key(name, question, binding, types) for name in question.keys}
    for cut in question.cuts:
        out[cut.key] = (_long_band(cut, types) if binding.long else _band(cut, binding, types), "CAST({c} AS VARCHAR)")
    out |= {clock.key: (_clock(clock, question, binding, types), "{c}") for clock in question.clocks}
    if question.dates:
        kept = binding.long and PRICE_FROM in types
        out[PRICE_FROM] = (column(PRICE_FROM) if kept else _price_from(question, binding, types, on), "{c}")
    return out


def _clock(clock: Clock, question: Question, binding: Binding, types: Types) -> str:
    """Whether a request was made in some hours of the week; they begin on a day, and may end on the next."""
    if binding.long and clock.key in types:
        return column(clock.key)
    if binding.time is None:
        raise refusals.no_clock(clock)
    local = _local(replace(question, timezone=clock.timezone), binding, types)
    since = f"({local} - INTERVAL {clock.start.hour * 60 + clock.start.minute} MINUTE)"
    minutes = (clock.end.hour - clock.start.hour) * 60 + clock.end.minute - clock.start.minute
    begun = f"(hour({since}) * 60 + minute({since})) < {minutes % DAY or DAY}"
    day = f"isodow({since}) - 1 IN ({', '.join(map(str, clock.weekdays)) or 'NULL'})"
    for dates, join in ((clock.holidays, "AND NOT"), (clock.workdays, "OR")):
        if dates:
            days = ", ".join(f"DATE '{each.isoformat()}'" for each in dates)
            day = f"({day} {join} CAST({since} AS DATE) IN ({days}))"
    return f"CASE WHEN {begun} AND {day} THEN 'true' ELSE 'false' END"


DAY = 24 * 60


def _key(name: str, question: Question, binding: Binding, types: Types) -> tuple[str, str]:
    if name in binding.constants:
        return quote(binding.constants[name]), "{c}"
    if name in binding.keys:
        label = _label(binding.keys[name], types)
        return (
            f"CASE WHEN list_contains({_YES}, {_word(label)}) THEN 'true' ELSE 'false' END"
            if name == "batch"
            else label
        ), "{c}"
    if name in period.GRAINS:
        return _period(name, question, binding, types)
    if name in types:
        return _label(name, types), "{c}"
    if name in DEFAULTS:
        return quote(DEFAULTS[name]), "{c}"
    raise refusals.no_key(name, binding, types)


def _period(grain: str, question: Question, binding: Binding, types: Types) -> tuple[str, str]:
    """A period by the time of the request, or rolled up from a finer one that the log or the user names."""
    if binding.time:
        group, label = PERIODS[grain]
        return group.format(t=_local(question, binding, types)), label
    for finer in period.GRAINS[: period.GRAINS.index(grain)]:
        if finer in binding.constants:
            return quote(period.roll_up(binding.constants[finer], grain)), "{c}"
        if finer in binding.keys:
            return _rolled_up(_label(binding.keys[finer], types), grain), "{c}"
    raise refusals.no_period(grain)


def _rolled_up(label: str, grain: str) -> str:
    """As `period.roll_up`."""
    if grain == "quarter":
        number = f"(CAST({label}[6:7] AS INTEGER) + 2) // 3"
        return f"CASE WHEN {label} = '' THEN '' ELSE left({label}, 4) || '-Q' || {number} END"
    return f"left({label}, {len(period.EXAMPLES[grain])})"


def _label(name: str, types: Types) -> str:
    if types[name] == "BOOLEAN":
        return f"CASE WHEN {column(name)} THEN 'true' ELSE 'false' END"
    return (
        f"coalesce({column(name)}, '')"
        if types[name] == "VARCHAR"
        else f"coalesce(CAST({column(name)} AS VARCHAR), '')"
    )


def _local(question: Question, binding: Binding, types: Types) -> str:
    when = instant(binding, types)
    if question.timezone == "UTC":
        return when
    return f"timezone({quote(question.timezone)}, timezone('UTC', {when}))"


def _band(cut: Cut, binding: Binding, types: Types) -> str:
    """Write the band that a row lies in: by what it says itself, as reports do that add requests up, or its length."""
    names = leaves(cut.of, [leaf.meter for leaf in binding.leaves])
    length = " + ".join(value(leaf, types) for leaf in binding.leaves if leaf.meter in names) or "0"
    requests = refusals.requests(binding)
    if requests is not None:
        length = f"({length}) / greatest({value(requests, types)}, 1)"
    if cut.key in types:
        length = f"coalesce(try_cast({column(cut.key)} AS BIGINT) + 1, {length})"
    whens = " ".join(f"WHEN {length} > {bound} THEN {bound}" for bound in reversed(cut.above))
    return f"CASE {whens} ELSE 0 END"


def _long_band(cut: Cut, types: Types) -> str:
    if cut.key in types:
        return column(cut.key)
    raise refusals.no_length(cut)


def _price_from(question: Question, binding: Binding, types: Types, on: str) -> str:
    """The last day on which a price changed: before the request, or without its time, before the end of its period."""
    days = [day.isoformat() for day in question.dates]
    if binding.time is not None:
        when, stamp = instant(binding, types), "TIMESTAMP "
    elif on:
        return quote(max((day for day in days if day <= on), default=""))
    else:
        when, stamp = _period_end(binding, types), ""
    whens = " ".join(f"WHEN {when} >= {stamp}{quote(day)} THEN {quote(day)}" for day in reversed(days))
    return f"CASE {whens} ELSE '' END"


PERIOD_ENDS = {
    "hour": "(nullif({c}, '') || ':59:59')",
    "day": "(nullif({c}, '') || 'T23:59:59')",
    "month": "({c} || '-31T23:59:59')",
    "quarter": "printf('%s-%02d-31T23:59:59', left({c}, 4), 3 * CAST(right({c}, 1) AS INTEGER))",
    "year": "({c} || '-12-31T23:59:59')",
}
"""Text that no moment of a period comes after, by the period's label."""


def _period_end(binding: Binding, types: Types) -> str:
    grain = period.finest({*binding.keys, *binding.constants})
    if grain is None:
        raise refusals.no_time()
    label = quote(binding.constants[grain]) if grain in binding.constants else _label(binding.keys[grain], types)
    return PERIOD_ENDS[grain].format(c=label)

"""Order: which rows come first, and which have to go month by month together."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pertoken.core.errors import Fault, InputError, PertokenError, nearest
from pertoken.core.formula import FUNCTIONS, Call, Name, Node, Number
from pertoken.core.nodes import Curve, Sample
from pertoken.scenario.program import Ladder, Row

When = Literal["now", "before", "whole"]
"""What a formula needs of another row: this month (or the one number), the month before, or all months."""

Edges = Mapping[str, Mapping[str, set[When]]]
"""What each row asks for, and when."""

NOTHING: Mapping[str, Ladder] = {}

_WHEN: Mapping[str, When] = {"prev": "before", "total": "whole", "first": "whole", "last": "whole"}


@dataclass(frozen=True, slots=True)
class Turn:
    """Rows that are reckoned together.

    Args:
        rows: One row, or several of which each needs another in the month before.
        recursive: True where they go month by month.
    """

    rows: tuple[Row, ...]
    recursive: bool


def needs(node: Node, ladders: Mapping[str, Ladder] = NOTHING) -> dict[str, set[When]]:
    """Gather what a formula asks for by name, and when, in the order in which it is said."""
    found: dict[str, set[When]] = {}
    open_: list[tuple[Node, When]] = [(node, "now")]
    while open_:
        one, when = open_.pop()
        if isinstance(one, Name):
            found.setdefault(one.name, set()).add(when)
        elif isinstance(one, Call):
            args = one.args
            if one.function == "tiered":
                for name in _columns(args[0], ladders):
                    found.setdefault(name, set()).add(when)
                args = args[1:]
            when = _WHEN.get(one.function, when)
            open_ += [(arg, when) for arg in reversed(args)]
    return found


def _columns(named: Node, ladders: Mapping[str, Ladder]) -> tuple[str, ...]:
    name = named.name if isinstance(named, Name) else ""
    if name not in ladders:
        raise InputError.of([Fault("", f"the tiers `{name}`", "the name of a ladder", nearest(name, ladders))])
    ladder = ladders[name]
    return (*ladder.up_to, *ladder.a, *ladder.b)


def asked(row: Row, ladders: Mapping[str, Ladder] = NOTHING) -> dict[str, set[When]]:
    """Gather what a row asks for by name, its opening value included."""
    found = {} if row.node is None else needs(row.node, ladders)
    for name, when in {} if row.opening is None else needs(row.opening, ladders).items():
        found[name] = found.get(name, set()) | when
    return found


def by_month(node: Node, timed: Mapping[str, bool], ladders: Mapping[str, Ladder] = NOTHING) -> bool:
    """Tell whether a formula gives a number for each month.

    Args:
        node: The formula.
        timed: Whether each of the rows that it asks for is by month.
        ladders: Tiers by name.

    >>> from pertoken.core.formula import formula
    >>> by_month(formula("users * price").node, {"users": True, "price": False})
    True
    """
    if isinstance(node, Number | Curve | Sample):
        return isinstance(node, Sample)
    if isinstance(node, Name):
        return timed[node.name]
    if node.function in {"total", "first", "last"}:
        return False
    if node.function in {"prev", "cumulative", "from", "in"}:
        return True
    if node.function == "tiered":
        return any(timed[name] for name in needs(node, ladders))
    return any(by_month(arg, timed, ladders) for arg in node.args)


def ordered(rows: Iterable[Row], ladders: Mapping[str, Ladder] = NOTHING, *, source: str = "") -> tuple[Row, ...]:
    """Put rows below what they ask for, the month before set aside; they stay as they stand where they may.

    Args:
        rows: The rows.
        ladders: Tiers by name.
        source: File that the rows' lines are of, for messages.

    Raises:
        InputError: A name is unknown or there twice, or rows ask for each other in a ring.

    >>> from pertoken.core.formula import formula
    >>> from pertoken.core.units import ONE
    >>> rows = [Row(name="b", unit=ONE, node=formula("a + prev(b)").node), Row(name="a", unit=ONE)]
    >>> [row.name for row in ordered(rows)]
    ['a', 'b']
    """
    known = _by_name(rows, source)
    edges = {name: asked(row, ladders) for name, row in known.items()}
    return tuple(known[name] for name in _in_order(known, edges, source))


def _in_order(known: Mapping[str, Row], edges: Edges, source: str) -> list[str]:
    _refuse_unknown(known, edges, source)
    now = {name: [to for to, when in found.items() if when != {"before"}] for name, found in edges.items()}
    return _below(known, now, source)


def steps(rows: Iterable[Row], ladders: Mapping[str, Ladder] = NOTHING) -> tuple[Turn, ...]:
    """Group rows in the order in which they are reckoned.

    Raises:
        InputError: As `ordered`; or a row asks for all months of one that needs it in the month before, or a row
            that is one number for one by month.
    """
    known = _by_name(rows, "")
    edges = {name: asked(row, ladders) for name, row in known.items()}
    place = {name: number for number, name in enumerate(_in_order(known, edges, ""))}
    _refuse_shapes(known, ladders)
    groups = _groups({name: edges[name] for name in place})
    return tuple(_step(sorted(group, key=place.__getitem__), known, edges) for group in groups)


def upstream(rows: Iterable[Row], wanted: Iterable[str], ladders: Mapping[str, Ladder] = NOTHING) -> frozenset[str]:
    """List the rows that some rows need, themselves included.

    Raises:
        InputError: One is unknown.
    """
    known = {row.name: row for row in rows}
    found: set[str] = set()
    open_ = list(wanted)
    while open_:
        name = open_.pop()
        if name not in known:
            raise InputError.of([Fault("", f"`{name}`", "the name of a quantity", nearest(name, known))])
        if name not in found:
            found.add(name)
            open_.extend(asked(known[name], ladders))
    return frozenset(found)


def _by_name(rows: Iterable[Row], source: str) -> dict[str, Row]:
    known: dict[str, Row] = {}
    for row in rows:
        if row.name in known:
            found = f"`{row.name}`, which is there already ({_place(known[row.name], source) or 'above'})"
            raise InputError.of([Fault(_place(row, source), found, "a name of its own")])
        known[row.name] = row
    return known


def _place(row: Row, source: str = "") -> str:
    if source and row.line:
        return f"{source}:{row.line}"
    return source or row.source or (f"line {row.line}" if row.line else "")


def _refuse_unknown(known: Mapping[str, Row], edges: Edges, source: str) -> None:
    faults = [
        Fault(_place(known[name], source), f"`{other}` in `{name}`", "the name of a quantity", nearest(other, known))
        for name, found in edges.items()
        for other in found
        if other not in known
    ]
    if faults:
        raise InputError.of(faults)


def _refuse_shapes(known: Mapping[str, Row], ladders: Mapping[str, Ladder]) -> None:
    timed = {name: row.by_month for name, row in known.items()}
    faults = [fault for row in known.values() for fault in _shape_faults(row, timed, ladders)]
    if faults:
        raise InputError.of(faults)


def _shape_faults(row: Row, timed: Mapping[str, bool], ladders: Mapping[str, Ladder]) -> Iterator[Fault]:
    if row.node is not None and not row.by_month and by_month(row.node, timed, ladders):
        found = f"`{row.name}` is one number and its formula gives one for each month"
        yield Fault(_place(row), found, "one number", "ask for total(x), first(x) or last(x)")
    if row.opening is not None and by_month(row.opening, timed, ladders):
        found = f"the value of `{row.name}` before the first month follows from a quantity by month"
        yield Fault(_place(row), found, "single numbers only", "ask for first(x)")
    for name in _over_time(row):
        if not timed[name]:
            found = f"`{row.name}` asks for the months of `{name}`, which is one number"
            yield Fault(_place(row), found, "a quantity by month", f"ask for `{name}` itself")


def _over_time(row: Row) -> Iterator[str]:
    open_ = [node for node in (row.node, row.opening) if node is not None]
    while open_:
        node = open_.pop()
        if isinstance(node, Call):
            if FUNCTIONS[node.function].over_time:
                yield from needs(node)
            else:
                open_.extend(node.args[1:] if node.function == "tiered" else node.args)


def _below(known: Mapping[str, Row], now: Mapping[str, Sequence[str]], source: str) -> list[str]:
    """List names so that each stands below what it asks for."""
    found = _finished(known, now)
    place = {name: number for number, name in enumerate(found)}
    for name in found:
        for to in now[name]:
            if place[to] >= place[name]:
                raise _ring([name, *_path(to, name, now)], known, source)
    return found


def _finished(starts: Iterable[str], edges: Mapping[str, Iterable[str]], closed: Collection[str] = ()) -> list[str]:
    """List names as a walk along the edges leaves them for good; closed ones are not entered."""
    done: dict[str, None] = {}
    for start in starts:
        path: dict[str, Iterator[str]] = {} if start in done else {start: iter(edges[start])}
        while path:
            name = next(reversed(path))
            following = next((to for to in path[name] if not (to in done or to in path or to in closed)), None)
            if following is None:
                del path[name]
                done[name] = None
            else:
                path[following] = iter(edges[following])
    return list(done)


def _path(start: str, end: str, edges: Mapping[str, Iterable[str]]) -> list[str]:
    """Find a shortest way along the edges."""
    came = {start: ""}
    open_ = [start]
    for name in open_:
        for to in edges[name]:
            if to not in came:
                came[to] = name
                open_.append(to)
    way = [end]
    while way[-1] != start:
        way.append(came[way[-1]])
    return way[::-1]


def _ring(names: Sequence[str], known: Mapping[str, Row], source: str) -> PertokenError:
    lines = {name: f" (line {known[name].line})" if known[name].line else "" for name in names}
    shown = " -> ".join(f"{name}{lines[name]}" for name in names)
    expected = "quantities that do not need themselves"
    mend = f"take one of them from the month before, as prev({names[-1]}), or make one an assumption"
    return InputError.of([Fault(_place(known[names[0]], source), f"a ring: {shown}", expected, mend)])


def _step(group: Sequence[str], known: Mapping[str, Row], edges: Edges) -> Turn:
    within = {name: {to: when for to, when in edges[name].items() if to in group} for name in group}
    for name, found in within.items():
        for other, when in found.items():
            if "whole" in when:
                told = f"`{name}` asks for all months of `{other}`, which needs `{name}` in the month before"
                raise InputError.of([Fault(_place(known[name]), told, "what is known by then", f"cumulative({other})")])
    return Turn(tuple(known[name] for name in group), recursive=any(within.values()))


def _groups(edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Find groups of which each member needs the others, after what they need (Kosaraju; Sharir 1981)."""
    asking: dict[str, list[str]] = {name: [] for name in edges}
    for name, others in edges.items():
        for other in others:
            asking[other].append(name)
    groups: list[list[str]] = []
    done: set[str] = set()
    for name in reversed(_finished(edges, edges)):
        if name not in done:
            groups.append(_finished([name], asking, done))
            done.update(groups[-1])
    return groups[::-1]

"""Random programs as workbooks: a spreadsheet finds what NumPy finds, whatever the tree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.core.formula import FUNCTIONS, Call, Name, Number
from pertoken.core.units import ONE
from pertoken.present.workbook import model_workbook
from pertoken.present.workbook.plan import planned
from pertoken.present.workbook.words import TABLE
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.inlined import PLAIN
from pertoken.scenario.program import Ladder, Program, Row
from tests.present import papers
from tests.present.test_workbook import rows_of, same
from tests.present.workbook_engine import formulas, recalculated

MONTHS = papers.MONTHS[:5]
SINGLES = ("p", "q")
MONTHLY = ("x", "y")
LADDER = Ladder(name="tiers", up_to=("u1", "u2"), a=("a1", "a2", "a3"), b=("b1", "b2", "b3"))
TIERS = {"u1": 2.0, "u2": 7.5, "a1": 0.0, "a2": 1.5, "a3": -3.0, "b1": 2.0, "b2": 1.25, "b3": 0.5}

numbers = st.one_of(
    st.sampled_from(sorted(PLAIN)), st.integers(2, 12).map(float), st.floats(0.1, 30).map(lambda x: round(x, 3))
)
leaves = st.one_of(numbers.map(Number), st.sampled_from([*SINGLES, *MONTHLY]).map(Name))
over_time = st.builds(
    lambda function, name: Call(function, (Name(name),)),
    st.sampled_from(["prev", "cumulative", "total", "first", "last"]),
    st.sampled_from(MONTHLY),
)
months = st.builds(
    lambda function, month: Call(function, (Number(float(2027 * 12 + month)),)),
    st.sampled_from(["from", "in"]),
    st.integers(-2, 6),
)
SIGNS = ("<", "<=", ">", ">=", "==", "!=")


def calls(nodes):
    def of(functions, fewest, most):
        return st.builds(
            lambda function, args: Call(function, tuple(args)),
            st.sampled_from(functions),
            st.lists(nodes, min_size=fewest, max_size=most),
        )

    positive = nodes.map(lambda node: Call("+", (Call("abs", (node,)), Number(1.0))))
    return st.one_of(
        of(["+", "*", "min", "max"], 2, 3),
        of(["and", "or"], 2, 3),
        of(["-", "/", *SIGNS], 2, 2),
        of(["-", "abs", "not", "round_up", "round_down", "normal"], 1, 1),
        of(["if"], 3, 3),
        st.builds(lambda node, power: Call("^", (node, Number(float(power)))), nodes, st.integers(0, 3)),
        st.builds(lambda function, node: Call(function, (node,)), st.sampled_from(["ln", "sqrt"]), positive),
        st.builds(lambda node, digits: Call("round", (node, Number(float(digits)))), nodes, st.integers(0, 3)),
        st.builds(lambda node: Call("exp", (Call("min", (node, Number(3.0))),)), nodes),
        st.builds(lambda node: Call("normal_inverse", (_below_one(node),)), positive),
        st.builds(lambda node: Call("tiered", (Name("tiers"), node)), nodes),
    )


def _below_one(node):
    """A share strictly between 0 and 1: at its ends a spreadsheet has no quantile."""
    return Call("/", (Number(1.0), Call("+", (node, Number(1.0)))))


trees = st.recursive(st.one_of(leaves, over_time, months), calls, max_leaves=9)


def paper_of(nodes):
    """Make a paper of one row by month for each tree; what comes before months can be asked too."""
    start = Call("+", (Name("p"), Number(2.0)))
    rows = (
        *(Row(name=name, unit=ONE, by_month=False) for name in (*SINGLES, *TIERS)),
        Row(name="x", unit=ONE),
        Row(name="y", unit=ONE, node=Call("+", (Call("prev", (Name("y"),)), Name("q"))), opening=start),
        *(Row(name=f"r{i}", unit=ONE, node=node) for i, node in enumerate(nodes)),
    )
    program = Program(rows=rows, months=MONTHS, ladders={"tiers": LADDER})
    values = {"p": 3.0, "q": -1.75, **TIERS}
    found = {name: np.array([value]) for name, value in values.items()}
    found["x"] = np.array([0.5, 2.0, 7.5, -4.0, 11.0])
    return papers.paper_of(program, {"base": evaluate(program, found)})


@settings(max_examples=25, deadline=None)
@given(nodes=st.lists(trees, min_size=12, max_size=12))
def test_a_random_tree_recalculated_is_what_numpy_finds(nodes):
    paper = paper_of(nodes)
    data = model_workbook(paper)
    found, plan = recalculated(data), planned(paper)
    wild = wild_rows(paper)
    for grid in (plan.calc, plan.blocks["base"]):
        rows = {row: name for name, row in grid.rows.items()}
        for cell, value in rows_of(paper.values["base"], grid):
            name = rows[int("".join(filter(str.isdigit, cell[1])))]
            if name not in wild:
                assert same(found[cell], value), (cell, formulas(data)[cell], found[cell], value)


def wild_rows(paper):
    """List rows that a spreadsheet may answer otherwise: with no value, endless, or on the edge of a step.

    Where Python has nan or inf a spreadsheet has an error; a comparison of nan is 0 in Python, an error there.
    """
    rows = [row for row in paper.program.rows if row.name.startswith("r")]
    out = set()
    for row in rows:
        parts = [part for part in parts_of(row.node) if not isinstance(part, Name | Number)]
        plain = (each for each in paper.program.rows if not each.name.startswith("r"))
        asked = (Row(name=f"part{i}", unit=ONE, node=part) for i, part in enumerate(parts))
        program = Program(
            rows=(*plain, *asked),
            months=MONTHS,
            ladders=paper.program.ladders,
        )
        base = {name: v for name, v in paper.values["base"].items() if not name.startswith("r")}
        values = evaluate(program, base)
        every = np.concatenate([values[f"part{i}"] for i in range(len(parts))] or [np.zeros(1)])
        if not np.isfinite(every).all() or np.abs(every).max() > 1e9 or on_an_edge(parts, program, base):
            out.add(row.name)
    return out


def parts_of(node):
    yield node
    if isinstance(node, Call):
        for arg in node.args[1:] if node.function == "tiered" else node.args:
            if node.function not in {"prev", "cumulative", "total", "first", "last", "from", "in"}:
                yield from parts_of(arg)


STEPS = {*SIGNS, "and", "or", "not", "if", "round", "round_up", "round_down", "tiered"}


def on_an_edge(parts, program, base):
    """Tell whether a step is asked about a number so near its edge that a last digit decides."""
    steps = [part for part in parts if part.function in STEPS]
    for part in steps:
        args = part.args[1:] if part.function == "tiered" else part.args
        asked = tuple(Row(name=f"arg{i}", unit=ONE, node=arg) for i, arg in enumerate(args))
        plain = tuple(row for row in program.rows if not row.name.startswith("part"))
        values = evaluate(Program(rows=(*plain, *asked), months=MONTHS, ladders=program.ladders), base)
        numbers = [values[row.name] for row in asked]
        if part.function in SIGNS:
            gap = np.abs(numbers[0] - numbers[1])
        elif part.function == "tiered":
            gap = np.min([np.abs(numbers[0] - TIERS[bound]) for bound in LADDER.up_to], axis=0)
        elif part.function.startswith("round"):
            scaled = numbers[0] * 10.0 ** (part.args[1].value if part.function == "round" else 0) * 2
            gap = np.abs(scaled - np.round(scaled))
        else:
            gap = np.abs(np.concatenate([np.atleast_1d(number) for number in numbers]))
        if ((gap > 0) & (gap < 1e-7)).any():
            return True
    return False


def test_every_function_of_the_language_has_words():
    assert TABLE.keys() == FUNCTIONS.keys()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-p ^ 2", -9.0),  # a spreadsheet's own minus would bind first
        ("(-p) ^ 2", 9.0),
        ("2 ^ 3 ^ p", 2.0**27),  # from the right, where a spreadsheet goes from the left
        ("10 - (4 - p)", 9.0),
        ("12 / (6 / p)", 6.0),
        ("-(p - 5) * -2", -4.0),
        ("1 - -p", 4.0),
        ("round_up(-1.5) + round_down(1.5)", -1.0),  # away from nothing, and towards it
        ("not p > 2 or p == 3", 1.0),
        ("2 * (p > 1 and p < 4) + 1", 3.0),
        ("if(p != 3, 1, 0 - 2) ^ 2", 4.0),
    ],
)
def test_brackets_stand_where_a_spreadsheet_needs_them(text, expected):
    paper = papers.small(text, p=3)
    assert paper.values["base"]["result"].tolist() == [expected]
    assert recalculated(model_workbook(paper))["Calc", papers.result_cell(paper)] == pytest.approx(expected)

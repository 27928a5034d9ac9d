"""A model as a live workbook: every result a formula, what Python found stored beside it."""

import io
from collections.abc import Mapping

from xlsxwriter import Workbook

from pertoken.present.excel import LONG_AGO, OPTIONS
from pertoken.present.workbook.actuals import write_actuals
from pertoken.present.workbook.calc import write_calc
from pertoken.present.workbook.checks import write_checks
from pertoken.present.workbook.cover import write_cover
from pertoken.present.workbook.desk import Desk
from pertoken.present.workbook.forecasts import write_forecasts
from pertoken.present.workbook.inputs import write_inputs, write_prices
from pertoken.present.workbook.log import FORMAT, write_log
from pertoken.present.workbook.outputs import write_outputs
from pertoken.present.workbook.page import Page
from pertoken.present.workbook.pictures import draw
from pertoken.present.workbook.plan import Plan, name_of, planned, sheets
from pertoken.present.workbook.scenarios import write_scenarios
from pertoken.present.workbook.worlds import write_worlds
from pertoken.scenario.paper import Paper


def model_workbook(paper: Paper) -> bytes:
    """Return a model as an Excel workbook whose formulas live; the same paper gives the same bytes.

    Args:
        paper: The compiled model, its inputs case by case, and what Python found.

    Returns:
        The file: Cover, Inputs, Prices, Forecasts where the model takes any, Calc, MonteCarlo, Scenarios, Outputs,
        Actuals, Checks, Log.
    """
    out = io.BytesIO()
    plan = planned(paper)
    with Workbook(out, OPTIONS) as book:
        book.set_properties({"title": paper.title or paper.name, "created": LONG_AGO})
        for name, value in _facts(paper).items():
            book.set_custom_property(name, value)
        book.set_calc_mode("auto")
        desk = Desk(book, paper, plan, names=_names(paper, plan))
        desk.pages.update({name: book.add_worksheet(name, Page) for name in sheets(paper.program)})
        _write(desk)
    return out.getvalue()


def _facts(paper: Paper) -> dict[str, str | int]:
    """What an import needs to write the same workbook again."""
    return {
        "pertoken format": FORMAT,
        "pertoken version": paper.version,
        "model": paper.name,
        "model file": paper.file,
        "model digest": paper.digest,
        "seed": paper.seed,
        "worlds": 0 if paper.draws is None else len(paper.draws.shares),
        "exported on": paper.on.isoformat(),
    }


def _write(desk: Desk) -> None:
    write_inputs(desk)
    write_prices(desk)
    write_forecasts(desk)
    write_calc(desk)
    write_worlds(desk)
    write_scenarios(desk)
    tables = write_outputs(desk)
    draw(desk, tables)
    write_actuals(desk)
    checks = write_checks(desk)
    write_cover(desk, tables, checks=checks)
    write_log(desk)


def _names(paper: Paper, plan: Plan) -> Mapping[str, str]:
    """Name every input and every key output, no two alike."""
    wanted = {name: name_of("in", name) for name in plan.cells}
    wanted |= {f"={headline.label}": name_of("out", headline.label) for headline in paper.headline}
    taken: set[str] = set()
    names = {}
    for quantity, name in wanted.items():
        free, number = name, 1
        while free.casefold() in taken:
            number += 1
            free = f"{name}_{number}"
        taken.add(free.casefold())
        names[quantity] = free
    return names

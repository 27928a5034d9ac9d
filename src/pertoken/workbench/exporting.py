"""A model written for others: a live workbook, a table, data, a page."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pertoken.core.errors import InputError, nearest

if TYPE_CHECKING:
    from pertoken.scenario.model import Model

FORMS = ("xlsx", "csv", "json", "html")
"""What a model can be written as."""


def export(
    said: "Model | str | Path",
    form: str,
    *,
    on: date,
    scenario: str = "all",
    worlds: int | None = None,
    seed: int = 1,
) -> bytes:
    """Write a model and what it comes to.

    Args:
        said: The model, or its file.
        form: `xlsx`: a workbook whose formulas live, with all cases; `csv`: every row, a line a month; `json`: inputs,
            rows and worlds; `html`: one page with pictures, each number with its formula and inputs.
        on: Day of the export, which the workbook says.
        scenario: `all` cases and scenarios, or one of them; the workbook always has all.
        worlds: Worlds that are drawn; 0 for none. If None, as many as a workbook has room for, else 10,000.
        seed: Same seed, same digits.

    Returns:
        The file's bytes.

    Raises:
        PertokenError: What is wrong with the model, or what can't be written.
    """
    if form not in FORMS:
        msg = f"no form {form!r}; {nearest(form, FORMS)}"
        raise InputError(msg)
    if form == "xlsx":
        return _workbook(said, on=on, worlds=worlds, seed=seed)
    return _answer(said, form, scenario=scenario, worlds=10_000 if worlds is None else worlds, seed=seed)


def _workbook(said: "Model | str | Path", *, on: date, worlds: int | None, seed: int) -> bytes:
    from pertoken import __version__  # noqa: PLC0415  a plain run loads little
    from pertoken.present.workbook import model_workbook  # noqa: PLC0415
    from pertoken.scenario.print_out import printed  # noqa: PLC0415
    from pertoken.workbench.modelling import model  # noqa: PLC0415

    return model_workbook(printed(model(said), on=on, version=__version__, seed=seed, worlds=worlds))


def _answer(said: "Model | str | Path", form: str, *, scenario: str, worlds: int, seed: int) -> bytes:
    from pertoken.present import model_rows, text  # noqa: PLC0415  a plain run loads little
    from pertoken.workbench.modelling import run  # noqa: PLC0415

    answer = run(said, scenario=scenario, draws=0 if form == "csv" else worlds, seed=seed)
    if form == "csv":
        return text.to_csv(model_rows.long_table(answer)).encode()
    if form == "json":
        return model_rows.to_json(answer, seed=seed).encode()
    from pertoken import __version__  # noqa: PLC0415
    from pertoken.present.model_facts import Facts, view  # noqa: PLC0415
    from pertoken.present.model_page import page  # noqa: PLC0415
    from pertoken.scenario.evaluate import evaluate  # noqa: PLC0415
    from pertoken.scenario.swing import sensitive  # noqa: PLC0415
    from pertoken.scenario.whole import whole  # noqa: PLC0415

    first = next(iter(answer.cases))
    program = whole(answer.model)
    values = evaluate(program, answer.cases[first].worlds.given)
    swings = sensitive(answer.model, "operating_result", case=first)
    facts = Facts(answer=answer, program=program, values=values, sensitive=swings, version=__version__)
    return page(view(facts)).encode()

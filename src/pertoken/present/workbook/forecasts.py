"""The sheet of forecasts: the worlds of each quantity that the model asks of a forecast, from the lowest rank up."""

from pertoken.present.workbook.calc import month_columns
from pertoken.present.workbook.desk import Desk, heading, number_look, set_up, titles
from pertoken.present.workbook.grid import CONSTANT, LABEL, MONTHS, NAME, UNIT
from pertoken.present.workbook.plan import FORECASTS, samples_of

NOTE = (
    "Worlds as the forecast simulated them, one a row, in the order of their rank; the same row of all blocks of a "
    "forecast is the same world. Frozen: make the forecast again to change them."
)


def write_forecasts(desk: Desk) -> None:
    """Write the sheet of forecasts, if the model takes any."""
    if FORECASTS not in desk.pages:
        return
    page, labels = desk.pages[FORECASTS], {row.name: row for row in desk.paper.program.rows}
    heading(desk, page, "Forecasts", NOTE)
    month_columns(desk, page)
    set_up(desk, page, frozen=(2, UNIT + 1))
    months = desk.paper.program.months
    for sample in samples_of(desk.paper.program):
        first, _ = desk.plan.samples[sample.name]
        titles(desk, page, first - 1, ("name", "label", "unit", "rank", "", "", *months))
        look = desk.look(
            "frozen", number_look(sample.unit.text, sample.values.reshape(-1).tolist(), desk.paper.currency)
        )
        for rank, world in enumerate(sample.values.tolist(), 1):
            at = first + rank - 2
            page.write_string(at, NAME, sample.name, desk.look("text"))
            page.write_string(at, LABEL, labels[sample.name].label, desk.look("soft"))
            page.write_string(at, UNIT, sample.unit.text, desk.look("soft"))
            page.write_number(at, CONSTANT, rank, desk.look("soft"))
            for column, value in enumerate(world, MONTHS):
                page.write_number(at, column, value, look)

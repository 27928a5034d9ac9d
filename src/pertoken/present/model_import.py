"""A workbook that came back, as a sheet: what was typed over, what that does, what was left aside."""

from pertoken.present.model_compare import results
from pertoken.present.model_words import cell, kind_of, label_of, number_words
from pertoken.present.numbers import ABSENT, show
from pertoken.present.sheet import Column, Note, Sheet, Table
from pertoken.scenario.imported import Imported
from pertoken.scenario.returned import Edit


def sheet(answer: Imported) -> Sheet:
    """Lay out what an import found."""
    blocks: list[Table | Note] = [_edits(answer)] if answer.edits else []
    blocks += [results(answer.compared)] if answer.edits else []
    blocks += _notes(answer)
    spec = answer.before.spec
    meta = {"workbook": answer.file, "model": spec.source or spec.name, "case": answer.case}
    return Sheet("What was changed in the workbook", _words(answer), tuple(blocks), meta)


def _words(answer: Imported) -> str:
    many = len(answer.edits)
    text = "no input was changed" if not many else "1 input was changed" if many == 1 else f"{many} inputs were changed"
    text += ", no formula" if not answer.overwritten else f"; {len(answer.overwritten)} other cells were typed over"
    text = f"{text[0].upper()}{text[1:]}; the case is {answer.case}"
    row = answer.compared.outcomes[0].row(answer.compared.of)
    one, two = (cell(each.total(row.name)) for each in answer.compared.outcomes)
    if not many or not isinstance(one, float) or not isinstance(two, float):
        return f"{text}."
    kind, unit = kind_of(row), answer.before.spec.currency
    said = f"{label_of(row)} {show(one, kind, unit)} becomes {show(two, kind, unit)}"
    return f"{text}. {said}, {show(abs(two - one), kind, unit)} {'more' if two >= one else 'less'}."


def _edits(answer: Imported) -> Table:
    columns = (
        Column("input", "Input", "text"),
        Column("part", "Of it", "text"),
        Column("was", "Was", "text"),
        Column("now", "Is", "text"),
        Column("cell", "Cell", "text"),
    )
    lines = tuple(
        (each.field.quantity, each.field.part, _value(each, each.was), _value(each, each.now), each.field.where)
        for each in answer.edits
    )
    return Table("inputs", "Inputs that were changed", columns, lines, total=False)


def _value(edit: Edit, value: float | None) -> str:
    if value is None:
        return "as base"
    return number_words(value, edit.unit) if edit.unit else show(value, "quantity") or ABSENT


def _notes(answer: Imported) -> list[Note]:
    found = [
        Note(
            f"{each.where}{f' ({each.name})' if each.name else ''} was {each.was if each.was is not None else 'empty'} "
            f"and is {each.now if each.now is not None else 'empty'}; it was left aside.",
            "warning",
        )
        for each in answer.overwritten
    ]
    found += [
        Note(
            f"{each.field.quantity}, {each.field.part}, does not stand in {answer.before.spec.source}, but in a file "
            "that it names or a list of prices; change it there.",
            "warning",
        )
        for each in answer.left
    ]
    return [*found, *(Note(f"{text[0].upper()}{text[1:]}.") for text in answer.notes)]

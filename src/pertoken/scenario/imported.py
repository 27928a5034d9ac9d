"""Imported: a workbook that came back: what was typed over, what that does, and the model with the new numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from pertoken.core.errors import EXIT_CHECK, Fault, InputError, PertokenError
from pertoken.scenario.answer import Compared
from pertoken.scenario.assumed import entry_of, every_input
from pertoken.scenario.compare import compared
from pertoken.scenario.compile import compiled
from pertoken.scenario.drawn_worlds import distribution
from pertoken.scenario.model import Model
from pertoken.scenario.parts import Part, parts, put
from pertoken.scenario.returned import CLOSE, FEW, Book, Edit, Field, Overwritten, is_number
from pertoken.scenario.spec import Spec

BEFORE, AFTER = "as exported", "as edited"


class ChangedFormulas(PertokenError):
    """Formulas of a workbook were typed over: its numbers are no longer those of the model."""

    exit_code = EXIT_CHECK


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Imported:
    """A workbook that came back.

    Args:
        file: The workbook.
        case: The case that was chosen in it.
        edits: Inputs that were typed over.
        overwritten: Cells that are not to be typed over and were; empty unless that was allowed.
        notes: What else it holds.
        before: The model as it was exported.
        after: The model with the new numbers.
        compared: Both in the chosen case.
        text: The model's file with the new numbers.
        left: Edits that do not stand in the model's file, but in one that it names.
    """

    file: str
    case: str
    edits: tuple[Edit, ...]
    overwritten: tuple[Overwritten, ...]
    notes: tuple[str, ...]
    before: Model
    after: Model
    compared: Compared
    text: str = ""
    left: tuple[Edit, ...] = ()


def part_of(field: Field) -> Part:
    """Return the part of the model that a cell is about."""
    return field.quantity, field.part


def changes(edits: tuple[Edit, ...]) -> dict[Part, Decimal | None]:
    """Return the new numbers by part, in the fewest digits that say them; None where a case is to follow the base."""
    return {part_of(each.field): None if each.now is None else Decimal(repr(each.now)) for each in edits}


def imported(
    returned: Book,
    model: Model,
    *,
    case: str,
    edits: tuple[Edit, ...],
    overwritten: tuple[Overwritten, ...] = (),
    notes: tuple[str, ...] = (),
) -> Imported:
    """Put the numbers of a workbook into its model, and reckon both.

    Raises:
        InputError: Numbers that the model has no place for, or that can't be.
    """
    where = {part_of(each.field): f"{returned.file} {each.field.where}" for each in edits}
    spec = put(model.spec, changes(edits), where)
    refuse_impossible(spec, where)
    after = compiled(spec) if edits else model
    found = compared((BEFORE, model, case), (AFTER, after, case))
    found = replace(found, of="operating_result" if "operating_result" in found.rows else found.rows[0])
    return Imported(
        file=returned.file,
        case=case,
        edits=edits,
        overwritten=overwritten,
        notes=notes,
        before=model,
        after=after,
        compared=found,
    )


def refuse_impossible(spec: Spec, where: Mapping[Part, str]) -> None:
    """Refuse ranges that can't be, as a P10 above P90.

    Raises:
        InputError: Each of them, with its cells.
    """
    faults = []
    for said in every_input(spec).values():
        own = [place for (row, _), place in where.items() if row == entry_of(said)]
        if said.spread is None or not own:
            continue
        try:
            distribution(said)
        except InputError as error:
            place = f"{', '.join(own)} ({said.name})"
            faults += [
                Fault(place, *(text.replace("p50", "the value") for text in (each.found, each.expected, each.mend)))
                for each in error.faults
            ]
    if faults:
        raise InputError.of(faults)


def refuse_changed(file: str, found: tuple[Overwritten, ...]) -> None:
    """Refuse a workbook whose formulas were typed over.

    Raises:
        ChangedFormulas: All of them: where, whose, what stood there, and what stands there.
    """
    if not found:
        return
    faults = [
        Fault(f"{file} {each.where}" + (f" ({each.name})" if each.name else ""),
              f"{each.now if each.now is not None else 'empty'}", f"{each.was if each.was is not None else 'empty'}")
        for each in found
    ]  # fmt: skip
    lines = [str(fault) for fault in faults[:FEW]]
    if len(faults) > FEW:
        lines.append(f"and {len(faults) - FEW} more")
    many = "1 cell was" if len(faults) == 1 else f"{len(faults)} cells were"
    head = f"{file}: {many} typed over that other numbers rest on; nothing is imported"
    tail = "put them back, or take the inputs alone with --allow-formulas"
    raise ChangedFormulas("\n".join([head, *lines, tail]), faults)


def refuse_unlike(book: Book, fields: tuple[Field, ...], model: Model) -> None:
    """Refuse a workbook whose inputs do not say what the model now says: months of one season apart, for example.

    Raises:
        InputError: Each cell that says something else.
    """
    said, faults = parts(model.spec), []
    for field in fields:
        cell, own = book.sheets[field.sheet].get(field.cell), said.get(part_of(field))
        if cell is None or own is None or not is_number(cell.value):
            continue
        if abs(float(cell.value) - float(own)) > CLOSE * max(abs(float(own)), 1e-300):
            found = f"{field.quantity}, {field.part}, is {cell}"
            expected = f"{float(own):.15g}, as elsewhere in the workbook"
            faults.append(Fault(f"{book.file} {field.where}", found, expected))
    if faults:
        raise InputError.of(faults)

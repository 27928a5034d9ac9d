"""A workbook that was edited comes back: what changed, what that does, the model's file with the new numbers."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pertoken.core.errors import Fault, InputError

if TYPE_CHECKING:
    from pertoken.scenario.imported import Imported
    from pertoken.scenario.model import Model
    from pertoken.scenario.paper import Paper
    from pertoken.scenario.returned import Book, Field

TEXTS = ("source", "as of")
"""Columns of texts that nothing rests on."""


def import_workbook(
    file: str | Path, said: "Model | str | Path | None" = None, *, allow_formulas: bool = False, force: bool = False
) -> "Imported":
    """Read an edited workbook back into its model.

    Args:
        file: A workbook of `export xlsx`.
        said: The model that it was exported from, or its file; the file named in the workbook, beside it, if None.
        allow_formulas: Whether to take the inputs where formulas were changed; these are told and left.
        force: Whether to take the inputs alone, where the model has changed since or another pertoken wrote it.

    Returns:
        Inputs that changed, the chosen case, results before and after, and the text of the model's file with the new
        numbers in their places.

    Raises:
        InputError: No such workbook, another version or model, sheets or names gone, what is no number: all of it,
            and nothing is imported in part.
        ChangedFormulas: Formulas were typed over.
    """
    from pertoken.connect.workbook_read import read_workbook  # noqa: PLC0415  the calculator must start fast
    from pertoken.workbench.modelling import model  # noqa: PLC0415

    book = read_workbook(file)
    _ours(book)
    own = model(said if said is not None else _beside(book))
    apart = _another(book, own)
    if apart is not None and not force:
        raise InputError.of([apart])
    found = _whole(book, own, allow_formulas=allow_formulas) if apart is None else _inputs_alone(book, own, apart.found)
    return _written(found)


def _ours(book: "Book") -> None:
    from pertoken.present.workbook.log import FORMAT  # noqa: PLC0415  see above

    if "pertoken format" not in book.facts:
        mend = "make one with `pertoken export xlsx MODEL`, and keep its properties when saving"
        raise InputError.of([Fault(book.file, "no workbook of pertoken", "a workbook of `pertoken export`", mend)])
    version = book.facts["pertoken format"].removesuffix(".0")
    if version != str(FORMAT):
        found = f"a workbook of format {version}"
        raise InputError.of([Fault(book.file, found, f"format {FORMAT}", "export the model again")])


def _beside(book: "Book") -> Path:
    name = Path(book.facts.get("model file", "")).name
    place = Path(book.file).parent / name
    if not name or not place.is_file():
        found = f"no model {name or 'is named in it'}" + (" beside it" if name else "")
        raise InputError.of([Fault(book.file, found, "the model that it was exported from", "say --model FILE")])
    return place


def _another(book: "Book", own: "Model") -> Fault | None:
    """Say from which other model, or by which other pertoken, a workbook was written; None if by this one from this."""
    from pertoken import __version__  # noqa: PLC0415  see above

    version = book.facts.get("pertoken version", "?")
    if own.spec.digest == book.facts.get("model digest"):
        if version == __version__:
            return None
        mend = "export it again; or take the inputs alone with --force"
        return Fault(book.file, f"written by pertoken {version}", f"one of pertoken {__version__}", mend)
    name, digest = book.facts.get("model", "?"), book.facts.get("model digest", "?")
    one, other = digest[:12], own.spec.digest[:12]
    if name != own.spec.name:
        found = f"exported from the model {name} ({one}), and the model is {own.spec.name} ({other})"
        return Fault(book.file, found, "its own model", "say --model FILE")
    found = f"{own.spec.source or name} has changed since the export: it was {one}, and is {other}"
    mend = "export it again; or put the inputs alone into the changed model with --force"
    return Fault(book.file, found, "the model as it was exported", mend)


def _whole(book: "Book", own: "Model", *, allow_formulas: bool) -> "Imported":
    """Write the workbook again, and hold the one that came back against it, cell by cell."""
    from pertoken.connect.workbook_read import workbook_from  # noqa: PLC0415  see above
    from pertoken.present.workbook import model_workbook  # noqa: PLC0415
    from pertoken.present.workbook.actuals import LINES  # noqa: PLC0415
    from pertoken.present.workbook.plan import ACTUALS  # noqa: PLC0415
    from pertoken.scenario import imported, returned  # noqa: PLC0415

    paper = _paper(book, own)
    out = workbook_from(model_workbook(paper), "export")
    faults = returned.shape_faults(out, book)
    if faults:
        raise InputError.of(faults)
    fields = _fields(out)
    edits, case, wrong = returned.edits(out, book, fields, paper)
    count, misplaced = returned.pasted(out, book, ACTUALS, f": {LINES[1]}")
    faults = [*wrong, *misplaced, *returned.months_added(out, book)]
    if faults:
        raise InputError.of(faults)
    free = _texts(out)
    changed = tuple(returned.overwritten(out, book, fields, free))
    if not allow_formulas:
        imported.refuse_changed(book.file, changed)
    notes = returned.notes(out, book, fields, free, count)
    found = imported.imported(book, own, case=case, edits=edits, overwritten=changed, notes=notes)
    imported.refuse_unlike(book, fields, found.after)
    return found


def _paper(book: "Book", own: "Model") -> "Paper":
    from pertoken.scenario.print_out import printed  # noqa: PLC0415  see above

    facts = book.facts
    try:
        on = date.fromisoformat(facts["exported on"])
        seed, worlds = int(float(facts["seed"])), int(float(facts["worlds"]))
    except (KeyError, ValueError) as error:
        msg = f"{book.file}: its properties have been changed ({error}); export the model again"
        raise InputError(msg) from error
    return printed(own, on=on, version=facts.get("pertoken version", ""), seed=seed, worlds=worlds)


def _fields(book: "Book") -> "tuple[Field, ...]":
    from pertoken.present.workbook.grid import letters  # noqa: PLC0415  see above
    from pertoken.present.workbook.log import TOP, TYPED  # noqa: PLC0415
    from pertoken.present.workbook.plan import LOG  # noqa: PLC0415
    from pertoken.scenario.returned import fields  # noqa: PLC0415

    return fields(book, LOG, [letters(TYPED + place) for place in range(4)], TOP)


def _texts(book: "Book") -> frozenset[str]:
    from pertoken.present.workbook.plan import INPUTS, PRICES, TITLES  # noqa: PLC0415  see above
    from pertoken.scenario.returned import letters, number  # noqa: PLC0415

    return frozenset(
        f"{sheet}!{letters(place)}"
        for sheet in (INPUTS, PRICES)
        for place, cell in book.sheets[sheet].items()
        if number(place) == TITLES and cell.value in TEXTS
    )


def _inputs_alone(book: "Book", own: "Model", why: str) -> "Imported":
    """Take the inputs that changed, by the workbook's own log, where its formulas can't be compared."""
    from pertoken.present.workbook.grid import letters  # noqa: PLC0415  see above
    from pertoken.present.workbook.log import EXPORTED, TOP, TYPED  # noqa: PLC0415
    from pertoken.present.workbook.plan import LOG  # noqa: PLC0415
    from pertoken.scenario import imported, returned  # noqa: PLC0415

    if LOG not in book.sheets:
        raise InputError.of([Fault(book.file, f"no sheet {LOG!r}", "the sheets as exported")])
    fields = _fields(book)
    gone = sorted({field.sheet for field in fields} - set(book.sheets))
    if gone:
        raise InputError.of([Fault(book.file, f"no sheet {', '.join(gone)}", "the sheets as exported")])
    was: dict[str, dict[str, returned.Cell]] = {sheet: {} for sheet in book.sheets}
    column = letters(TYPED + EXPORTED)
    for at, field in enumerate(fields, TOP):
        cell = book.sheets[LOG].get(f"{column}{at}")
        if cell is not None:
            was[field.sheet][field.cell] = cell
    edits, case, faults = returned.edits(replace(book, sheets=was), book, fields, _paper(book, own))
    if faults:
        raise InputError.of(faults)
    notes = (f"{why}: formulas were not compared",)
    return imported.imported(book, own, case=case, edits=edits, notes=notes)


def _written(found: "Imported") -> "Imported":
    """Put the new numbers into the text of the model's file, and see that it says them."""
    from pertoken.connect.model_edit import rewritten  # noqa: PLC0415  see above
    from pertoken.connect.models import spec_of  # noqa: PLC0415
    from pertoken.scenario.parts import differing, parts  # noqa: PLC0415

    spec = found.before.spec
    path = Path(spec.source)
    if not spec.source or not path.is_file():
        return found
    text = path.read_bytes().decode("utf-8-sig")
    now, before = parts(found.after.spec), parts(spec)
    changes = {part: value for part, value in now.items() if before.get(part) != value}
    try:
        text, left = rewritten(text, spec, changes)
        said = parts(spec_of(text, spec.source))
    except InputError as error:
        return replace(found, notes=(*found.notes, f"the model's file can't say this: {error}"))
    unlike = {*left, *differing(said, now)}
    return replace(found, text=text, left=tuple(e for e in found.edits if (e.field.quantity, e.field.part) in unlike))

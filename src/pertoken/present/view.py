"""A sheet that prints itself, and that a notebook shows."""

from dataclasses import fields

from pertoken.present.sheet import Sheet


class View(Sheet):
    """A sheet for people at a prompt or in a notebook."""

    def __str__(self) -> str:
        """Write the sheet as text for a terminal of 80 columns."""
        from pertoken.present.table import terminal  # noqa: PLC0415  only what is shown is loaded

        return terminal(self, width=80)

    def _repr_html_(self) -> str:
        """Draw the sheet in the colours of the notebook."""
        from pertoken.present.notebook import fragment  # noqa: PLC0415  only what is shown is loaded

        return fragment(self)


def view(sheet: Sheet) -> View:
    """Make a sheet show itself."""
    return View(**{field.name: getattr(sheet, field.name) for field in fields(sheet)})

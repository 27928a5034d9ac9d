"""A sheet that prints itself, and that a notebook shows."""

from dataclasses import fields
from html import escape

from pertoken.present.sheet import Sheet


class View(Sheet):
    """A sheet for people at a prompt or in a notebook."""

    def __str__(self) -> str:
        """Write the sheet as text for a terminal of 80 columns."""
        from pertoken.present.table import terminal  # noqa: PLC0415  only what is shown is loaded

        return terminal(self, width=80)

    def _repr_html_(self) -> str:
        """Draw the sheet in a frame of its own, so that neither it nor the notebook styles the other."""
        from pertoken.present.html import page  # noqa: PLC0415  only what is shown is loaded

        return f'<iframe srcdoc="{escape(page(self))}" style="width:100%;height:40em;border:0"></iframe>'


def view(sheet: Sheet) -> View:
    """Make a sheet show itself."""
    return View(**{field.name: getattr(sheet, field.name) for field in fields(sheet)})

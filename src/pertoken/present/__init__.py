"""Statements made visible: one abstract sheet behind terminal, workbook, page, Markdown, CSV and JSON."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pertoken.present.sheet import Sheet

RENDERERS = {
    "table": ("table", "terminal"),
    "json": ("text", "to_json"),
    "csv": ("text", "to_csv"),
    "md": ("text", "to_markdown"),
    "html": ("html", "page"),
}
"""Format -> module and function; a module is imported when its format is asked for."""


def render(sheet: "Sheet", form: str, **look: Any) -> str:  # noqa: ANN401  the renderer's own
    """Return a sheet as text in one of the formats of ``RENDERERS``.

    Args:
        sheet: What to show.
        form: The format.
        look: What the format's own function takes besides, as the terminal's ``width`` and ``color``.

    Raises:
        ValueError: If the format is not known.
    """
    if form not in RENDERERS:
        raise ValueError(f"format {form!r} is not known; expected one of {', '.join(RENDERERS)}")
    module, function = RENDERERS[form]
    return str(getattr(import_module(f"pertoken.present.{module}"), function)(sheet, **look))

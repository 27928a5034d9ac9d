"""How the documentation is built: `make docs`."""

import ast
import inspect
import sys
from importlib import import_module

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "pertoken"
author = "The pertoken authors"
copyright = author

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["**/_*"]
html_theme = "furo"
html_title = "pertoken"
html_show_sphinx = False

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "show-inheritance": False}
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_google_docstring = True
napoleon_numpy_docstring = False

# Names outside the house have no page here, and the build asks no network for them.
nitpick_ignore_regex = [
    ("py:.*", r"(?!pertoken\.).*"),
    ("py:class", r"pertoken\.(rating\.pool\.Granted|forecast\.(cases\.Past|mixed\.Mixed))"),  # within the house only
]


def tell_types(app: Sphinx, obj: object, bound: bool) -> None:  # noqa: ARG001, FBT001  as Sphinx calls it
    """Import what a module imports for its types only: names that stand on several pages then lead to their own."""
    module = sys.modules.get(getattr(inspect.unwrap(obj), "__module__", "")) if callable(obj) else None
    if module is None or not module.__name__.startswith("pertoken."):
        return
    for block in ast.parse(inspect.getsource(module)).body:
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING":
            for line in block.body:
                if isinstance(line, ast.ImportFrom) and line.module:
                    there = import_module(line.module)
                    vars(module).update({each.asname or each.name: getattr(there, each.name) for each in line.names})


def setup(app: Sphinx) -> None:
    """Show diagrams as their text: the page stays whole without a script."""
    app.connect("autodoc-before-process-signature", tell_types)
    app.add_lexer("mermaid", TextLexer)
    app.add_lexer("csv", TextLexer)

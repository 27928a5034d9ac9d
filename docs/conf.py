"""How the documentation is built: `make docs`."""

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
nitpick_ignore_regex = [("py:.*", r"(?!pertoken\.).*")]


def setup(app: Sphinx) -> None:
    """Show diagrams as their text: the page stays whole without a script."""
    app.add_lexer("mermaid", TextLexer)
    app.add_lexer("csv", TextLexer)

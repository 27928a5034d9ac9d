"""`pertoken prices`: the price book."""

from pertoken.cli.nouns import Nouns

command = Nouns(
    help="Look up what the market charges.\n\nExample: pertoken prices find gpt-4o",
    words={
        "find": ("pertoken.cli.prices_find", "Which model does a name mean, who sells it, what does it cost?"),
        "show": ("pertoken.cli.prices_show", "What are all rates of a model, since when, who says so?"),
        "compare": ("pertoken.cli.prices_compare", "What do the same calls cost on several models, at which rates?"),
        "diff": ("pertoken.cli.prices_diff", "What differs between two catalogs, or two days, by how much?"),
        "explain": ("pertoken.cli.prices_explain", "What does one request cost, line by line, and why at these rates?"),
        "history": ("pertoken.cli.prices_history", "How did the prices of a model change?"),
        "gpus": ("pertoken.cli.prices_gpus", "What does a GPU-hour cost, and where?"),
        "update": ("pertoken.cli.prices_update", "Read a newer price list, and keep it unless it rewrites the past."),
        "export": ("pertoken.cli.prices_export", "Keep a catalog in a file, for the same numbers later."),
    },
)

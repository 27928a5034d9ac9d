"""`pertoken export`: a model written for others."""

from pertoken.cli.nouns import Nouns

command = Nouns(
    help="Write a model as a live workbook, a table, data, or a page.\n\nExample: pertoken export xlsx chatbot.yaml",
    words={
        "xlsx": ("pertoken.cli.export_xlsx", "A workbook whose formulas live; `pertoken import` takes it back."),
        "csv": ("pertoken.cli.export_csv", "All rows, a line for each case and month."),
        "json": ("pertoken.cli.export_json", "Inputs, rows and worlds as data."),
        "html": ("pertoken.cli.export_html", "One page: each number with its formula, inputs and source."),
    },
)

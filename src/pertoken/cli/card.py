"""`pertoken card`: looking after cards."""

from pertoken.cli.nouns import Nouns

command = Nouns(
    help="Look after cards.\n\nExample: pertoken card check plans.yaml vendors.yaml",
    words={
        "check": ("pertoken.cli.card_check", "What is wrong with cards, what is likely wrong, what do they say?"),
        "import": ("pertoken.cli.card_import", "Read plans of other billing engines."),
    },
)

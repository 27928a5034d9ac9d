"""`pertoken engine`: looking after profiles of engines."""

from pertoken.cli.nouns import Nouns

command = Nouns(
    help="Look after profiles of engines.\n\nExample: pertoken engine report --by gpu",
    words={
        "report": ("pertoken.cli.engine_report", "How far off are estimates, on runs that the fit had not seen?"),
        "calibrate": ("pertoken.cli.engine_calibrate", "Fit a profile to runs of your own."),
    },
)

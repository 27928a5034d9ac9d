"""`pertoken model`: looking after model files."""

from pertoken.cli.nouns import Nouns

command = Nouns(
    help="Look after model files.\n\nExample: pertoken model init chatbot && pertoken model check chatbot.yaml",
    words={
        "init": ("pertoken.cli.model_init", "Begin a model from an example."),
        "check": ("pertoken.cli.model_check", "What is a model made of, and what is wrong with it?"),
    },
)

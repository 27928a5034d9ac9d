"""The commands, as a table: name, module, and what they answer."""

COMMANDS: dict[str, tuple[str, str]] = {
    "price": ("pertoken.cli.price", "What does a month of calls cost, on one model or several?"),
    "count": ("pertoken.cli.count", "How many tokens has a prompt, and what does it cost to send?"),
    "statement": ("pertoken.cli.statement", "What did a log cost, what did it earn, who loses us money?"),
    "card": ("pertoken.cli.card", "What is wrong with cards, what do they say? Import those of others."),
    "model": ("pertoken.cli.model", "Model files: begin one from an example, check one."),
    "simulate": ("pertoken.cli.simulate", "What if we change the price: who pays more, what is left?"),
    "migrate": ("pertoken.cli.migrate", "What if customers are moved to a new plan: who moves, leaves, pays?"),
    "reconcile": ("pertoken.cli.reconcile", "Where does the bill part from the log, and why?"),
    "reprice": ("pertoken.cli.reprice", "What would the same usage cost on other days or models?"),
    "run": ("pertoken.cli.run", "What does a model come to, in its cases and in 10,000 worlds?"),
    "compare": ("pertoken.cli.compare", "How do two models, or two scenarios, differ, and why?"),
    "sensitivity": ("pertoken.cli.sensitivity", "What does a model's result depend on?"),
    "solve": ("pertoken.cli.solve", "At which price or volume is a target met?"),
    "breakeven": ("pertoken.cli.breakeven", "From which month or volume on does it pay?"),
    "export": ("pertoken.cli.export", "Write a model as a live workbook, a table, data, a page."),
    "import": ("pertoken.cli.import_", "What was changed in a workbook, and what does that do?"),
    "topdown": ("pertoken.cli.topdown", "What does a market come to: reach, adoption, usage, price?"),
    "forecast": ("pertoken.cli.forecast", "What revenue will a log's customers make, as a range?"),
    "backtest": ("pertoken.cli.backtest", "How good were forecasts of a log's usage, as of earlier days?"),
    "focus": ("pertoken.cli.focus", "Bills in the FOCUS format: export, read, check."),
    "balances": ("pertoken.cli.balances", "What is paid and not yet used, what lapsed, what expires when?"),
    "coverage": ("pertoken.cli.coverage", "How well are commitments used, how much do they cover?"),
    "cohorts": ("pertoken.cli.cohorts", "Who stays, who grows, what is a new customer worth?"),
    "invoice": ("pertoken.cli.invoice", "What is a customer billed for a month, line by line?"),
    "prices": ("pertoken.cli.prices", "What does the market charge: look up, compare, explain."),
    "size": ("pertoken.cli.size", "Which GPUs, and how many, serve a model's load, at what cost?"),
    "host": ("pertoken.cli.host", "What would the calls of a log cost on GPUs of one's own?"),
    "engine": ("pertoken.cli.engine", "Profiles of engines: how far off they are, fitting your own."),
    "explain": ("pertoken.cli.explain", "How did a customer's month come about, line by line?"),
}

HEAD = """\
Usage: pertoken COMMAND [ARGUMENTS]

  What an AI product costs, what it earns, and how sure we are.

Commands:
"""

TAIL = """
  pertoken COMMAND --help says more. Results go to standard output, all else to
  standard error. Exit codes: 0 fine, 1 a check failed (usage without a price),
  2 wrong use or bad input.
"""


def overview() -> str:
    """Write the help of the whole command line.

    >>> overview().splitlines()[0]
    'Usage: pertoken COMMAND [ARGUMENTS]'
    """
    return HEAD + "".join(f"  {name:<11} {about}\n" for name, (_, about) in COMMANDS.items()) + TAIL

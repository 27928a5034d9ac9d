"""The runner of pages finds a broken promise, and lets a kept one pass."""

import textwrap

import pytest

from tests.docs.page import Own, PageError, blocks, matches, own, run_page

FENCE = "```"


def run(folder, text):
    page = folder / "page.md"
    page.write_text(textwrap.dedent(text).replace("~~~", FENCE))
    run_page(page, folder)


GOOD = {
    "a command prints what the page shows": """
        ~~~console
        $ printf 'one  \\n\\ntwo\\n\\n'
        one

        two
        $ echo quiet > made.txt
        $ cat made.txt
        quiet
        ~~~
        """,
    "dots stand for the rest of a line, or for lines": """
        ~~~console
        $ printf 'took 12 s\\n1\\n2\\n3\\nend\\n'
        took ... s
        ...
        end
        ~~~
        """,
    "a command fails as promised": """
        ~~~console
        $ echo 'no such card' >&2; exit 2  # exit 2
        $ (echo 'no such card' >&2; exit 2) 2>&1  # exit 2
        no such card
        ~~~
        """,
    "a command goes on after a backslash": """
        ~~~console
        $ echo one \\
            two
        one two
        ~~~
        """,
    "a block is written to a file, and read": """
        <!-- file: cards/mine.yaml -->
        ~~~yaml
        usd: 3
        ~~~

        ~~~console
        $ cat cards/mine.yaml
        usd: 3
        ~~~
        """,
    "python blocks share a namespace and the folder": """
        ~~~python
        from pathlib import Path
        total = 2 + 3
        Path("made.txt").write_text("5")
        ~~~

        ~~~python
        >>> total, Path("made.txt").read_text()
        (5, ...)
        >>> more = total + 2
        ~~~

        ~~~python
        assert more == 7
        ~~~
        """,
    "the terminal is plain": """
        ~~~console
        $ echo $COLUMNS $NO_COLOR $TERM $TZ
        80 1 dumb UTC
        ~~~
        """,
    "the python of the house is first on the path": """
        ~~~console
        $ python -c "import numpy, pytest"
        ~~~
        """,
    "set-up is checked, not run": """
        ~~~console
        $ git clone https://vendor.example/pertoken
        $ cd pertoken
        $ python3 -m venv .venv
        $ .venv/bin/pip install --require-hashes -r requirements.lock
        $ .venv/bin/pip install --no-deps --no-build-isolation -e .
        $ make test
        $ test ! -e .venv
        ~~~
        """,
    "data is shown": """
        ~~~yaml
        a: 1
        ~~~

        ~~~{toctree}
        ~~~
        """,
}

BAD = {
    "another output": ("~~~console\n$ echo one\ntwo\n~~~", r"page.md:1: echo one\n--- expected\ntwo\n--- output\none"),
    "more output than shown": ("~~~console\n$ printf '1\\n2\\n'\n1\n~~~", "--- expected"),
    "another exit code": ("~~~console\n$ false\n~~~", "exit 1, expected 0"),
    "no failure": ("~~~console\n$ true # exit 2\n~~~", "exit 0, expected 2"),
    "an error, said": ("~~~console\n$ echo alas >&2; exit 1\n~~~", "alas"),
    "another value in python": ("text\n\n~~~python\n>>> 2 + 3\n6\n~~~", "Expected:\n    6\nGot:\n    5"),
    "a language that is not run": ("~~~bash\nls\n~~~", "'bash' is not run"),
    "no language": ("~~~\nls\n~~~", "'' is not run"),
    "a console that is not run": ("~~~console no-run\n$ false\n~~~", "'console no-run' is not run"),
    "a console without a prompt": ("~~~console\nls\n~~~", "starts with `\\$ `"),
    "an unknown target": ("~~~console\n$ make gold\n~~~", "not in the Makefile: \\['gold'\\]"),
    "a missing lock": ("~~~console\n$ pip install --require-hashes -r gone.lock\n~~~", "no such file: gone.lock"),
    "output of set-up": ("~~~console\n$ make demo\nall well\n~~~", "shows output that no one checks"),
    "a file outside": ("<!-- file: ../x.yaml -->\n~~~yaml\na: 1\n~~~", "outside the folder"),
    "a comment that is not right before": (
        "<!-- file: x.csv -->\n\ntext\n\n~~~csv\na\n~~~",
        "'csv' is not run",
    ),
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_a_kept_promise_passes(folder, text):
    run(folder, text)


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_a_broken_promise_is_found(folder, text, message):
    with pytest.raises(PageError, match=message):
        run(folder, text)


def test_an_error_in_python_names_the_page(folder):
    with pytest.raises(ZeroDivisionError) as error:
        run(folder, "~~~python\n1 / 0\n~~~")
    assert str(error.traceback[-1].path).endswith("page.md:1")


def test_a_block_in_a_list_is_found():
    (block,) = blocks(f"- step\n\n  {FENCE}python\n  1 + 1\n  {FENCE}\n", "page.md")
    assert (block.place, block.language, block.text) == ("page.md:3", "python", "1 + 1\n")


@pytest.mark.parametrize(
    ("expected", "actual", "is_same"),
    [
        ("a ... z", "a b c z", True),
        ("a ... z", "a b\nc z", False),
        ("...\nz", "z", True),
        ("a\n...", "a\nb\nc", True),
        ("a.c", "abc", False),
        ("a", "a  \n\n", True),
        ("a", "", False),
    ],
)
def test_output_is_compared_line_by_line(expected, actual, is_same):
    assert matches(expected, actual) is is_same


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("pertoken run 'my model.yaml' \\\n  --draws 7", Own(("pertoken", "run", "my model.yaml", "--draws", "7"))),
        ('pertoken run "#a" --draws 7', Own(("pertoken", "run", "#a", "--draws", "7"))),
        ("pertoken run a.yaml 2>&1 ", Own(("pertoken", "run", "a.yaml"), both=True)),
        ("pertoken run a.yaml > b.txt", Own(("pertoken", "run", "a.yaml"), "b.txt")),
        ("pertoken run a.yaml 2>&1 >b.txt", Own(("pertoken", "run", "a.yaml"), "b.txt", both=True)),
        ("pertoken run a.yaml > b.txt 2>&1", None),
        ("pertoken run a.yaml | head", None),
        ("pertoken run a.yaml > b.txt | cat", None),
        ("pertoken run $MODEL", None),
        ('pertoken run "$MODEL"', None),
        ("CI=1 pertoken run a.yaml", None),
        ("python a.py", None),
    ],
)
def test_a_command_of_ours_that_needs_no_shell_is_run_without_one(line, command):
    assert own(line) == command


REDIRECTED = """
    ~~~console
    $ pertoken prise gpt-4o 2>&1 # exit 2
    pertoken: no command 'prise'...
    $ pertoken --version > version.txt
    $ cat version.txt
    pertoken ...
    $ pertoken prise 2>&1 >nothing.txt # exit 2
    pertoken: no command 'prise'...
    $ wc -c < nothing.txt
    0
    ~~~
    """


def test_output_of_ours_goes_where_the_line_sends_it(folder):
    run(folder, REDIRECTED)


def test_a_command_of_ours_fails_as_promised_without_a_shell(folder):
    run(folder, "~~~console\n$ pertoken prise gpt-4o # exit 2\n$ pertoken --version\npertoken ...\n~~~")


def test_a_command_of_ours_that_fails_without_a_promise_is_found(folder):
    with pytest.raises(PageError, match=r"(?s)exit 2, expected 0.*no command 'prise'; did you mean price"):
        run(folder, "~~~console\n$ pertoken prise gpt-4o\n~~~")

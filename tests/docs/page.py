"""A page of documentation as a test: its fenced blocks, run in order in a folder of the page's own."""

import doctest
import functools
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from markdown_it import MarkdownIt

from pertoken.cli import main

ROOT = Path(__file__).parents[2]
COPIED = ("examples",)  # what a reader finds beside the page
SHOWN = {"yaml", "toml", "text", "sql", "mermaid"}
ENVIRONMENT = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb", "TZ": "UTC"}
TIMEOUT_SECONDS = 120
FILE_COMMENT = re.compile(r"<!--\s*file:\s*(\S+)\s*-->\s*")
SHELL = re.compile(r"[|&;<>()$`*?~#{}\[\]]|^\w+=")
"""What a shell gives a meaning: a line with any of it is left to one."""
QUOTED = re.compile(r"""'[^']*'|"[^"$`\\]*\"""")
"""What a shell takes as it is written."""
INTO = re.compile(r"(?P<both> 2>&1)?(?: > ?(?P<file>[\w.-]+))?$")
"""Where a line sends its output at its end: error output to where output is read, output to a file."""
EXIT_COMMENT = re.compile(r"\s+# exit (\d+)$")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, its language, its text, the file that it is written to."""

    place: str
    language: str
    text: str
    file: str | None = None


@dataclass(frozen=True)
class Command:
    """A console line, the exit code and the output that the page promises."""

    line: str
    code: int
    output: str


class PageError(AssertionError):
    """A page promises what does not happen."""


def blocks(text: str, name: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    file = None
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        if token.type == "fence":
            line = (token.map or [0])[0] + 1
            yield Block(f"{name}:{line}", token.info.strip(), token.content, file)
        comment = FILE_COMMENT.fullmatch(token.content) if token.type == "html_block" else None
        file = comment.group(1) if comment else None


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block, each with its expected output."""
    parts = re.split(r"(?m)^\$ ", block.text)
    if parts[0].strip():
        raise PageError(f"{block.place}: a console block starts with `$ `, found {parts[0].splitlines()[0]!r}")
    for part in parts[1:]:
        line, output = split_continued(part)
        code = EXIT_COMMENT.search(line)
        yield Command(EXIT_COMMENT.sub("", line), int(code.group(1)) if code else 0, output)


def split_continued(part: str) -> tuple[str, str]:
    """A command, over as many lines as end in a backslash, and the rest."""
    found = re.match(r"((?:.*\\\n)*.*)\n?", part)
    return (found.group(1), part[found.end() :]) if found else (part, "")


def tidy(text: str) -> list[str]:
    """Lines without what the eye does not see: trailing spaces, and blank lines at the end."""
    return [line.rstrip() for line in text.rstrip().splitlines()]


def matches(expected: str, actual: str) -> bool:
    """Whether output is as promised; ``...`` is anything within a line, and alone any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else ".*?".join(map(re.escape, line.split("..."))) + r"\n"
        for line in tidy(expected)
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in tidy(actual))) is not None


@functools.cache
def make_targets() -> frozenset[str]:
    """The targets of the Makefile."""
    return frozenset(re.findall(r"(?m)^([\w.-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))


def check_targets(found: re.Match[str]) -> str | None:
    unknown = set(found["targets"].split()) - make_targets()
    return f"not in the Makefile: {sorted(unknown)}" if unknown else None


def check_file(found: re.Match[str]) -> str | None:
    return None if (ROOT / found["file"]).is_file() else f"no such file: {found['file']}"


def accept(_: re.Match[str]) -> None:
    return None


# A reader's own set-up: not run, only checked.
NOT_RUN: dict[str, Callable[[re.Match[str]], str | None]] = {
    r"make(?P<targets>( [\w.-]+)+)": check_targets,
    r"(\S*/)?pip install --require-hashes -r (?P<file>\S+)": check_file,
    r"(\S*/)?pip install (--no-deps )?(--no-build-isolation )?-e \.": accept,
    r"python3? -m venv \S+": accept,
    r"(source|\.) \S+/activate": accept,
    r"git clone \S+( \S+)?": accept,
    r"cd [\w.-]+": accept,
}


def check_set_up(command: Command, place: str) -> bool:
    """Check a line of set-up without running it; say whether it was one."""
    for pattern, check in NOT_RUN.items():
        if found := re.fullmatch(pattern, command.line.strip()):
            problem = "shows output that no one checks" if command.output.strip() else check(found)
            if problem:
                raise PageError(f"{place}: {command.line}: {problem}")
            return True
    return False


@dataclass(frozen=True)
class Done:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


def by_shell(line: str, folder: Path) -> Done:
    """Run a line as a reader's shell does."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env={**os.environ, **ENVIRONMENT, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Own:
    """A command of ours: its words, the file that takes its output, whether error output is read as output."""

    words: tuple[str, ...]
    file: str | None = None
    both: bool = False


def own(line: str) -> Own | None:
    """Read a command of ours that needs no shell; nothing if it is another one, or needs it."""
    joined = line.replace("\\\n", " ").rstrip()
    into = INTO.search(joined)
    assert into is not None  # the pattern matches nothing, too
    said = joined[: into.start()]
    if SHELL.search(QUOTED.sub("", said)):
        return None
    words = tuple(shlex.split(said))
    return Own(words, into["file"], bool(into["both"])) if words[:1] == ("pertoken",) else None


def by_ourselves(command: Own, folder: Path) -> Done:
    """Run a command line of ours in this process and folder: a new one would spend its time on loading libraries."""
    read, code = io.StringIO(), 0
    out = io.StringIO() if command.file else read
    said = read if command.both else io.StringIO()
    with mock.patch.object(sys, "argv", [*command.words]), redirect_stdout(out), redirect_stderr(said):
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
    if command.file:
        (folder / command.file).write_text(out.getvalue(), encoding="utf-8")
    return Done(code, read.getvalue(), "" if command.both else said.getvalue())


def run_console(block: Block, folder: Path) -> None:
    """Run each command and compare exit code and output."""
    for command in commands(block):
        if check_set_up(command, block.place):
            continue
        ours = own(command.line)
        done = by_shell(command.line, folder) if ours is None else by_ourselves(ours, folder)
        said = f"--- output\n{done.stdout}--- error output\n{done.stderr}"
        if done.returncode != command.code:
            raise PageError(f"{block.place}: {command.line}\nexit {done.returncode}, expected {command.code}\n{said}")
        if command.output.strip() and not matches(command.output, done.stdout):
            raise PageError(f"{block.place}: {command.line}\n--- expected\n{command.output}{said}")


def run_python(block: Block, namespace: dict[str, object]) -> None:
    """Run a block in the page's namespace; with prompts, compare what it prints."""
    if not block.text.lstrip().startswith(">>>"):
        exec(compile(block.text, block.place, "exec"), namespace)  # noqa: S102  the page is ours
        return
    test = doctest.DocTestParser().get_doctest(block.text, namespace, block.place, block.place, 0)
    said: list[str] = []
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.DocTestRunner(optionflags=options).run(test, out=said.append, clear_globs=False)
    namespace.update(test.globs)
    if result.failed:
        raise PageError("".join(said))


def write(block: Block, folder: Path) -> None:
    """Write a block to its file, inside the folder."""
    path = (folder / str(block.file)).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise PageError(f"{block.place}: {block.file} lies outside the folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")


def run_block(block: Block, folder: Path, namespace: dict[str, object]) -> None:
    """Do with a block what its language says."""
    if block.file:
        write(block, folder)
    elif block.language == "python":
        run_python(block, namespace)
    elif block.language == "console":
        run_console(block, folder)
    elif block.language not in SHOWN and not block.language.startswith("{"):
        allowed = ", ".join(("python", "console", *sorted(SHOWN)))
        raise PageError(
            f"{block.place}: {block.language!r} is not run; expected {allowed}, or a file comment before it"
        )


def run_page(page: Path, folder: Path) -> None:
    """Run a page in a folder, which is also the current one."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(page.read_text(encoding="utf-8"), page.name):
        run_block(block, folder, namespace)

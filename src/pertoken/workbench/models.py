"""Model files: begun from an example, read, looked at before they are run."""

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from pertoken.core.errors import Fault, InputError, PertokenError, nearest

if TYPE_CHECKING:
    from pertoken.scenario.review import ModelReview
    from pertoken.scenario.spec import Spec

FIRST = "chatbot"
"""The example that is taken where none is said."""


def read_model(path: str | Path) -> "Spec":
    """Read a model file, and the files of cards that it names.

    Args:
        path: YAML file.

    Returns:
        The model as it was said, every number of it an input with a name.

    Raises:
        InputError: All that is wrong, each with file and line, what was expected, and the mend.
    """
    from pertoken.connect.models import read_model as read  # noqa: PLC0415  the calculator must start fast

    return read(path)


def model_check(path: str | Path) -> "ModelReview":
    """Look at a model file: what it is, or all that is wrong with it: words, numbers, names, units, rings.

    Args:
        path: YAML file.

    Returns:
        The model, compiled; or its faults.
    """
    from pertoken.scenario.compile import compiled  # noqa: PLC0415  the calculator must start fast
    from pertoken.scenario.review import ModelReview  # noqa: PLC0415

    try:
        return ModelReview(file=str(path), model=compiled(read_model(path)))
    except PertokenError as error:
        return ModelReview(file=str(path), model=None, faults=error.faults or (Fault("", str(error)),))


def model_examples() -> dict[str, str]:
    """List the models that ship with pertoken: name and title, the first to begin with at the top."""
    from pertoken.connect.yaml_file import read  # noqa: PLC0415  the calculator must start fast

    found = {name: str(read(model_example(name), name).data.get("title", "")) for name in sorted(_shipped())}
    return dict(sorted(found.items(), key=lambda each: each[0] != FIRST))


def model_example(name: str = FIRST) -> str:
    """Give the text of a model that ships with pertoken.

    Args:
        name: One of `model_examples`.

    Raises:
        InputError: No such example; the message offers the nearest.
    """
    shipped = _shipped()
    if name not in shipped:
        msg = f"no example {name!r}; {nearest(name, shipped)}"
        raise InputError(msg)
    return (files("pertoken") / "examples" / f"{name}.yaml").read_text(encoding="utf-8")


def _shipped() -> list[str]:
    folder = files("pertoken") / "examples"
    names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    return [name.removesuffix(".yaml") for name in names if name.endswith(".yaml")]

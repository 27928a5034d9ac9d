"""Profiles of engines in files: those of the house, and those of the user."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from pertoken.connect import yaml_file
from pertoken.connect.text_file import text_of
from pertoken.core.errors import InputError
from pertoken.serving.book import Book, Engine

DIGITS = 4
"""Significant digits of constants in files."""


@cache
def book() -> Book:
    """Read the profiles of the house."""
    return read_book(
        files("pertoken.connect").joinpath("data", "engines.yaml").read_text(encoding="utf-8"), "engines.yaml"
    )


def read_engine(path: str | Path) -> Engine:
    """Read a profile of the user's own.

    Raises:
        InputError: The file can't be read or is no profile.
    """
    said = text_of(path, "profile", "what `pertoken engine calibrate` writes")
    data = _plain(yaml_file.read(said, str(path)).data)
    try:
        return TypeAdapter(Engine).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(
            f"{path}: {where}: {first['msg']}; expected what `pertoken engine calibrate` writes"
        ) from error


def text(made: Book | Engine) -> str:
    """Write a book or a profile, one line for each band and residual."""
    lines = ["# Written by `pertoken engine calibrate`. Times in seconds; what each constant is: serving/profile.py."]
    for each in fields(made):
        value = getattr(made, each.name)
        if isinstance(value, tuple) and value:
            lines += [f"{each.name}:", *(f"- {_flow(asdict(one))}" for one in value)]
        elif isinstance(value, Mapping):
            lines += [f"{each.name}:", *(f"  {name}: {_flow(inner)}" for name, inner in value.items())]
        elif value:
            lines.append(f"{each.name}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:  # noqa: ANN401  whatever a record holds
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_flow(v)}" for k, v in value.items() if v or v == 0) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, float):
        return np.format_float_positional(_short(value), trim="-")
    return f'"{value}"' if isinstance(value, str) else str(value)


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def read_book(content: str, where: str) -> Book:
    """Read a book of profiles from the text of its file."""
    return TypeAdapter(Book).validate_python(_plain(yaml_file.read(content, where).data))


def _plain(data: Any) -> Any:  # noqa: ANN401  whatever a file holds
    """Turn the decimals of a file into floats."""
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(value) for value in data]
    return float(data) if type(data).__name__ == "Decimal" else data

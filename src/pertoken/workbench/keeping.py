"""Worlds of a forecast kept as a file, for models to take."""

from pathlib import Path
from typing import TYPE_CHECKING

from pertoken.core.errors import InputError
from pertoken.forecast.kept import MOST, kept

if TYPE_CHECKING:
    from pertoken.forecast.answer import Forecast


def worlds_for_model(answer: "Forecast", path: str | Path, *, most: int = MOST) -> bytes:
    """Write worlds of a forecast as a model takes them.

    Args:
        answer: The forecast.
        path: Where they will stand, which says the form: `.parquet` or `.csv`.
        most: Worlds at most, picked evenly by the rank of their total.

    Returns:
        The file's bytes.

    Raises:
        InputError: It is to be of another form.
    """
    from pertoken.connect.forecast_worlds import worlds_file  # noqa: PLC0415  the calculator must start fast

    return worlds_file(kept(answer, most), path)


def keep_worlds(answer: "Forecast", path: str | Path, *, most: int = MOST) -> None:
    """Keep worlds of a forecast in a file, whole or not at all, for models to take.

    Args:
        answer: The forecast.
        path: `.parquet` or `.csv`.
        most: Worlds at most, picked evenly by the rank of their total.

    Raises:
        InputError: It is to be of another form, or can't be written.
    """
    from pertoken.present.files import write_whole  # noqa: PLC0415  the calculator must start fast

    try:
        write_whole(path, worlds_for_model(answer, path, most=most))
    except OSError as error:
        raise InputError(f"can't write {path}: {error.strerror}; give a path in a folder that is there") from error

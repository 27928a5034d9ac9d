"""Text of a small file that people write."""

from pathlib import Path

from pertoken.core.errors import InputError


def text_of(path: str | Path, what: str, expected: str) -> str:
    """Read the text of a file.

    Args:
        path: The file.
        what: What it should be, as `card`.
        expected: The same in more words, for messages.

    Raises:
        InputError: It can't be read, or is not in UTF-8.
    """
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"can't read the {what} {path}: {error.strerror}; expected {expected}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"the {what} {path} is not text in UTF-8; expected {expected}; save it as UTF-8") from error

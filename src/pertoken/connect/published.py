"""Price lists that others publish: the one place that reads from the network, and only when a user asks for it."""

from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from pertoken.core.errors import InputError

TIMEOUT = 20
"""How long to wait for an answer. [s]"""

LARGEST = 64 * 1024 * 1024
"""What is larger is no price list. [byte]"""

MEND = "see whether you are connected, or fetch the file by other means and say --from FILE"


def address() -> str:
    """Where genai-prices publishes its data, as that package says itself."""
    from genai_prices.update_prices import DEFAULT_UPDATE_URL  # noqa: PLC0415  it loads a library for the web

    return str(DEFAULT_UPDATE_URL)


def published(place: str, *, timeout: float = TIMEOUT) -> str:
    """Read a price list from the web, or from a file.

    Args:
        place: Address (http or https), or path of a file.
        timeout: How long to wait for an answer. [s]

    Raises:
        InputError: It can't be read, is too large, or is not text.
    """
    data = _fetched(place, timeout) if urlsplit(place).scheme in {"http", "https"} else _kept(place)
    if len(data) > LARGEST:
        msg = f"{place} has more than {LARGEST:,} bytes; expected a price list; see whether it is one"
        raise InputError(msg)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{place} is not text in UTF-8; expected JSON; see whether it is a price list"
        raise InputError(msg) from error


def _fetched(place: str, timeout: float) -> bytes:
    asked = Request(place, headers={"Accept": "application/json"})  # noqa: S310  only http and https come here
    try:
        with urlopen(asked, timeout=timeout) as answer:  # noqa: S310  only http and https come here
            return bytes(answer.read(LARGEST + 1))
    except HTTPError as error:
        msg = f"{place} answers {error.code} {error.reason}; see whether the address is right, or say --from FILE"
        raise InputError(msg) from error
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        said = f"no answer within {timeout:g} seconds" if isinstance(reason, TimeoutError) else reason
        msg = f"can't read {place}: {said}; {MEND}"
        raise InputError(msg) from error


def _kept(place: str) -> bytes:
    try:
        return Path(place).read_bytes()
    except OSError as error:
        msg = f"can't read {place}: {error.strerror}; expected a file, or an address that begins with https://"
        raise InputError(msg) from error

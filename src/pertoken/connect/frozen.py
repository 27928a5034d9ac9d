"""A catalog kept in a file, exact and whole: lines of JSON under a heading with their hash."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from pertoken.catalog.asked import WhenAsked
from pertoken.catalog.book import Catalog, Key
from pertoken.catalog.text import digest, lines, rates_from, uplift_from
from pertoken.connect.whole import write_whole
from pertoken.core.errors import Fault, InputError

MARK = '{"pertoken":"catalog"'
"""How a frozen catalog begins."""

FORM = 1
"""Raised whenever the form of the file changes."""

_MODEL = '{"model":'


def write_catalog(catalog: Catalog, path: str | Path) -> None:
    """Keep a catalog in a file, whole or not at all; `read_catalog` reads it again.

    The first line names the form, the catalog and the SHA-256 of all lines below it, which is the catalog's hash. Below
    stands one line for each model with its rates, then one for each refusal, note, alias and name of the user's own.

    Raises:
        InputError: The file can't be written.
    """
    body = list(lines(catalog))
    head = {"pertoken": "catalog", "form": FORM, "name": catalog.name, "hash": digest(body)}
    text = "\n".join([json.dumps(head, ensure_ascii=False, separators=(",", ":")), *body, ""])
    try:
        write_whole(Path(path), text)
    except OSError as error:
        msg = f"can't write {path}: {error.strerror}; give a path in a folder that is there"
        raise InputError(msg) from error


def frozen_catalog(text: str, source: str) -> Catalog:
    """Read a frozen catalog; the rates of a model are made when they are asked for.

    Raises:
        InputError: The file is of another form, or was changed since it was written.
    """
    first, _, body = text.partition("\n")
    head = _head(first, source)
    found = sha256(body.encode()).hexdigest()
    if found != head["hash"]:
        told = f"the file has hash {found[:12]}..., its heading says {str(head['hash'])[:12]}..."
        mend = "take the file as it was written, or freeze the catalog anew; your own prices belong in an overlay"
        raise InputError.of([Fault(source, told, "a frozen catalog that nobody has changed", mend)])
    parts: dict[str, list[dict[str, Any]]] = {}
    models: dict[Key, str] = {}
    for line in body.splitlines():
        if line.startswith(_MODEL):
            models[_key(line)] = line
        else:
            said = json.loads(line)
            parts.setdefault(next(iter(said)), []).append(said)
    return Catalog(
        name=str(head["name"]),
        rates=WhenAsked(models, lambda key: tuple(rates_from(*key, json.loads(models[key])))),
        aliases={
            each["alias"]: tuple((seller, model) for seller, model in each["of"]) for each in parts.get("alias", [])
        },
        refusals={(each["refused"][0], each["refused"][1]): each["why"] for each in parts.get("refused", [])},
        notes={(each["note"][0], each["note"][1]): each["text"] for each in parts.get("note", [])},
        deployments={each["deployment"]: each["of"] for each in parts.get("deployment", [])},
        uplifts=tuple(uplift_from(each["uplift"]) for each in parts.get("uplift", [])),
        digest=found,
    )


def _head(line: str, source: str) -> dict[str, Any]:
    try:
        head = json.loads(line)
    except ValueError:
        head = {}
    if not isinstance(head, dict) or head.get("form") != FORM or not {"name", "hash"} <= set(head):
        told = f"the heading is {line[:80]!r}"
        expected = f"form {FORM}, a name and a hash"
        raise InputError.of([Fault(f"{source}:1", told, expected, "freeze the catalog anew with this release")])
    return head


def _key(line: str) -> Key:
    """Read only the name of a model."""
    (provider, model), _ = json.JSONDecoder().raw_decode(line, len(_MODEL))
    return provider, model

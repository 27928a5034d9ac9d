"""A page runs where its reader would: in a folder of its own, on a plain terminal."""

import pytest

from tests.docs.page import ENVIRONMENT


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return tmp_path

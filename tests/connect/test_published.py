"""A published price list is read from a file or an address, and what can't be read is said with its mend."""

import socket

import pytest
from genai_prices.update_prices import DEFAULT_UPDATE_URL

from pertoken.connect import published as module
from pertoken.connect.published import address, published
from pertoken.core.errors import InputError


def test_the_address_is_the_one_that_genai_prices_updates_from():
    assert address() == DEFAULT_UPDATE_URL


def test_a_file_is_read_as_it_stands(tmp_path):
    (tmp_path / "list.json").write_text("[]")
    assert published(str(tmp_path / "list.json")) == "[]"


def test_a_list_is_read_from_its_address(serve):
    assert published(serve({"/list.json": b"[1]"}) + "/list.json") == "[1]"


def test_an_address_without_a_list_is_told_with_its_answer(serve):
    with pytest.raises(InputError, match="answers 404 Not Found"):
        published(serve({}) + "/list.json")


def test_no_connection_is_told_with_what_to_do():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InputError, match=r"can't read http://127\.0\.0\.1.*Connection refused.*--from FILE"):
        published(f"http://127.0.0.1:{port}/list.json")


def test_an_answer_that_does_not_come_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/list.json"
        with pytest.raises(InputError, match=r"no answer within 0\.2 seconds"):
            published(address, timeout=0.2)


@pytest.mark.parametrize("place", ["missing.json", "ftp://127.0.0.1/list.json", "file:///etc/passwd"])
def test_what_is_neither_a_file_nor_on_the_web_is_refused(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="expected a file, or an address that begins with https://"):
        published(place)


def test_what_is_too_large_or_no_text_is_no_price_list(tmp_path, monkeypatch):
    path = tmp_path / "list.json"
    path.write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(InputError, match="not text in UTF-8"):
        published(str(path))
    monkeypatch.setattr(module, "LARGEST", 2)
    with pytest.raises(InputError, match="more than 2 bytes"):
        published(str(path))

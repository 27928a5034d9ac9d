"""A web server on this machine, for what a user may fetch."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

Serve = Callable[[Mapping[str, bytes]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve some pages; returns the address that their paths come after."""
    with ExitStack() as stack:

        def start(pages: Mapping[str, bytes]) -> str:
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), _handler(pages)))
            stack.callback(server.shutdown)
            Thread(target=server.serve_forever, daemon=True).start()
            return f"http://127.0.0.1:{server.server_port}"

        yield start


def _handler(pages: Mapping[str, bytes]) -> type[BaseHTTPRequestHandler]:
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path)
            self.send_response(404 if page is None else 200)
            self.end_headers()
            self.wfile.write(page or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Pages

# SPDX-License-Identifier: BSD-3-Clause
"""The page's server: for this machine's browser alone, and as sceptical of it as of any file.

Other pages in that browser can reach this port, too: requests must name this host (a name that someone else's DNS
resolves to 127.0.0.1 does not), and posts must be JSON from this page.
"""

from __future__ import annotations

import contextlib
import errno
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ...errors import BadInput
from .page import render_page
from .pictures import drawn_picture, known_picture
from .requests import MOST_BYTES, BadRequest, DieRequest, DigitRequest, EmptyRequest, StrokesRequest, parse_request
from .session import Session

__all__ = ["PageServer", "serving"]

_HOST = "127.0.0.1"
#: Test images that the page sends for a rate.
_MEASURED = 200


class PageServer(ThreadingHTTPServer):
    """Serves one page and answers what it asks.

    Parameters
    ----------
    session : Session
        The board.
    title : str
        Name of the board, for people.
    port : int
        0: any that is free.
    digit : int
        The test image that the page begins with.

    Raises
    ------
    BadInput
        If the port is taken or may not be used.
    """

    daemon_threads = True
    # The port of a program that has just ended may be taken again; on Linux not that of one that runs.
    allow_reuse_address = True

    def __init__(self, session: Session, title: str, port: int, digit: int) -> None:
        self.session = session
        self.title = title
        self.first = digit
        try:
            super().__init__((_HOST, port), _Handler)
        except OSError as error:
            taken = "another program has it" if error.errno == errno.EADDRINUSE else error.strerror
            raise BadInput(f"--listen: port {port} cannot be used: {taken}; give another, or 0") from None
        self._thread = threading.Thread(target=self.serve_forever, args=(0.1,), name="page", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that it is at."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """What to give a browser."""
        return f"http://{_HOST}:{self.port}/"

    @property
    def hosts(self) -> set[str]:
        """Names of this host that a request may give."""
        return {f"{name}:{self.port}" for name in (_HOST, "localhost")}

    def wait(self) -> None:
        """Until Ctrl-C."""
        while True:
            self._thread.join(1.0)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away in the midst is no error of ours."""


@contextlib.contextmanager
def serving(session: Session, title: str, port: int, digit: int) -> Iterator[PageServer]:
    """A server for as long as the context lasts."""
    server = PageServer(session, title, port, digit)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class _Refused(Exception):
    """A request that is not answered."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    """One request: checked, answered, or refused in one line."""

    server: PageServer
    server_version = "spintile"
    sys_version = ""
    #: A connection for each request: none outlives the server.
    protocol_version = "HTTP/1.0"
    #: Seconds for a request to come.
    timeout = 10

    def do_GET(self) -> None:
        """The page, or how the board is."""
        with self._refusals():
            self._check_host()
            if self.path == "/":
                nonce = secrets.token_urlsafe(16)
                session = self.server.session
                page = render_page(
                    session.subject, session.prepared, session.die, self.server.title, self.server.first, nonce
                )
                policy = (
                    f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'"
                )
                policy += "; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
                self._send(HTTPStatus.OK, page.encode(), "text/html; charset=utf-8", policy)
            elif self.path == "/state":
                self._send_json(self.server.session.state())
            else:
                raise _Refused(HTTPStatus.NOT_FOUND, "there is no such page")

    def do_POST(self) -> None:
        """A digit, another die, or many digits."""
        with self._refusals():
            self._check_host()
            origin = self.headers.get("Origin")
            if origin is not None and origin.removeprefix("http://") not in self.server.hosts:
                raise _Refused(HTTPStatus.FORBIDDEN, "requests must come from this page")
            if self.headers.get_content_type() != "application/json":
                raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "requests must be application/json")
            asked = _ASKED.get(self.path)
            if asked is None:
                raise _Refused(HTTPStatus.NOT_FOUND, "there is nothing of that name to ask for")
            body = self._body()
            try:
                self._send_json(asked(self.server.session, body))
            except (BadRequest, BadInput, ValueError) as error:
                raise _Refused(HTTPStatus.BAD_REQUEST, str(error)) from None

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal is for the user."""

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if self.headers.get("Transfer-Encoding") is not None or not (length.isascii() and length.isdecimal()):
            raise _Refused(HTTPStatus.LENGTH_REQUIRED, "requests must say how long they are")
        if len(length) > 9 or int(length) > MOST_BYTES:
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"requests must have at most {MOST_BYTES} bytes")
        return self.rfile.read(int(length))

    def _check_host(self) -> None:
        if self.headers.get("Host") not in self.server.hosts:
            raise _Refused(HTTPStatus.FORBIDDEN, f"requests must be for {self.server.url}")

    @contextlib.contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except _Refused as refused:
            self._send_json({"error": str(refused)}, refused.status)

    def _send_json(self, value: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(status, json.dumps(value).encode(), "application/json", "default-src 'none'")

    def _send(self, status: HTTPStatus, body: bytes, kind: str, policy: str) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", policy),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _strokes(session: Session, body: bytes) -> dict[str, Any]:
    strokes = parse_request(StrokesRequest, body).strokes
    return session.ask(drawn_picture(session.subject, strokes)).as_dict()


def _digit(session: Session, body: bytes) -> dict[str, Any]:
    digit = parse_request(DigitRequest, body).digit
    return session.ask(known_picture(session.subject, digit)).as_dict()


def _die(session: Session, body: bytes) -> dict[str, Any]:
    from .page import die_view

    session.become(parse_request(DieRequest, body).die)
    return {**session.state(), **die_view(session.subject, session.prepared, session.die)}


def _measure(session: Session, body: bytes) -> dict[str, Any]:
    parse_request(EmptyRequest, body)
    count = min(_MEASURED, len(session.subject.dataset.test_labels))
    found = session.measure(count, lambda step, done, remark="": None)
    return {name: found[name] for name in ("images", "wrong", "lost", "accuracy", "images_per_second", "error")}


#: What may be asked for, by its path.
_ASKED: dict[str, Callable[[Session, bytes], dict[str, Any]]] = {
    "/strokes": _strokes,
    "/digit": _digit,
    "/die": _die,
    "/measure": _measure,
}

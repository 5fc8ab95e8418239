# SPDX-License-Identifier: BSD-3-Clause
"""The page's server answers its page on this machine, and refuses everything else in one line."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from demo_cases import playing, subject
from spintile.cli.errors import BadInput
from spintile.cli.flows.fpga_demo.activity import golden_activity
from spintile.cli.flows.fpga_demo.pictures import known_picture
from spintile.cli.flows.fpga_demo.requests import MOST_BYTES
from spintile.cli.flows.fpga_demo.server import PageServer, serving

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    with (
        playing(tmp_path_factory.mktemp("board")) as (session, _),
        serving(session, "a board <simulated>", 0, 5) as server,
    ):
        yield server


def asked(
    server: PageServer, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, str, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request(method, path, body or None, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers
    finally:
        connection.close()


def posted(server: PageServer, path: str, value: Any) -> tuple[int, dict[str, Any]]:
    status, text, _ = asked(server, "POST", path, json.dumps(value).encode(), JSON)
    return status, json.loads(text)


def test_the_page_needs_nothing_from_elsewhere(server: PageServer) -> None:
    status, page, headers = asked(server, "GET", "/")
    assert status == 200
    assert "a board &lt;simulated&gt;" in page
    for outside in ("src=", "@import", "url(", "<iframe"):
        assert outside not in page
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'nonce-")
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert page.count(f'nonce="{nonce}"') == 3
    assert asked(server, "GET", "/")[2]["Content-Security-Policy"] != policy


def test_digits_are_answered(server: PageServer) -> None:
    status, answer = posted(server, "/digit", {"digit": 17})
    prepared = subject().prepared(0)
    assert status == 200
    assert answer["class"] == golden_activity(prepared, known_picture(subject(), 17).inputs).class_
    assert (answer["agrees"], answer["index"]) == (True, 17)
    status, answer = posted(server, "/strokes", {"strokes": [[[0.5, 0.1], [0.5, 0.9]]]})
    assert (status, answer["agrees"], answer["label"]) == (200, True, None)
    assert sum(map(sum, answer["input"])) > 8
    status, answer = posted(server, "/strokes", {"strokes": []})
    assert (status, sum(map(sum, answer["input"]))) == (200, 0)


def test_another_die_comes_with_its_map(server: PageServer) -> None:
    status, view = posted(server, "/die", {"die": 1})
    assert (status, view["die"], view["link"]) == (200, 1, "ready")
    assert view["counts"]["short"] == int((subject().die(1).defect == 1).sum())
    assert view["map"].startswith("<svg")
    assert posted(server, "/die", {"die": 0})[0] == 200


def test_many_digits_are_counted(server: PageServer) -> None:
    status, found = posted(server, "/measure", {})
    assert (status, found["images"], found["wrong"], found["lost"]) == (200, 200, 0, 0)


@pytest.mark.parametrize(("path", "body", "message"), [
    ("/digit", b"", "request must be JSON: "),
    ("/digit", b"{", "request must be JSON: "),
    ("/digit", b"[" * 1000, "request must be JSON: JSON must be nested at most 64 deep"),
    ("/digit", b"[]", "request: input should be "),
    ("/digit", b"{}", "digit: field required, not {}"),
    ("/digit", b'{"digit": true}', "digit: input should be a valid integer, not True"),
    ("/digit", b'{"digit": -1}', "digit: input should be greater than or equal to 0, not -1"),
    ("/digit", b'{"digit": 10000}', "digit must be one of 0 to 9999 of the test images of mnist-8x6, not 10000"),
    ("/digit", b'{"digit": 1, "more": 1}', "more: extra inputs are not permitted, not 1"),
    ("/strokes", b'{"strokes": [[]]}', "strokes.0: list should have at least 1 item"),
    ("/strokes", b'{"strokes": [[[0.5]]]}', "strokes.0.0.1: field required"),
    ("/strokes", b'{"strokes": [[[0.5, 1.5]]]}', "strokes.0.0.1: input should be less than or equal to 1, not 1.5"),
    ("/strokes", b'{"strokes": [[[0.5, NaN]]]}', "request must be JSON: numbers must be finite, not NaN"),
    ("/strokes", b'{"strokes": [[["a", 0]]]}', "strokes.0.0.0: input should be a valid number, not 'a'"),
    ("/strokes", json.dumps({"strokes": [[[0, 0]]] * 65}).encode(), "strokes: list should have at most 64 items"),
    ("/strokes", json.dumps({"strokes": [[[0, 0]] * 2049]}).encode(), "strokes.0: list should have at most 2048"),
    ("/die", b'{"die": 7}', "--die must be dies of population.nc (0 to 1), not 7"),
    ("/measure", b'{"count": 1}', "count: extra inputs are not permitted"),
])  # fmt: skip
def test_requests_that_are_none_are_refused_in_one_line(
    server: PageServer, path: str, body: bytes, message: str
) -> None:
    status, text, _ = asked(server, "POST", path, body, JSON)
    error = json.loads(text)["error"]
    assert status == 400
    assert error.startswith(message), error
    assert len(error.splitlines()) == 1
    assert len(error) < 400
    assert posted(server, "/digit", {"digit": 1})[0] == 200  # and the next one is answered


@pytest.mark.parametrize(("method", "path", "headers", "status"), [
    ("GET", "/", {"Host": "example.org"}, 403),
    ("GET", "/state", {"Host": "127.0.0.1:1"}, 403),
    ("POST", "/digit", {**JSON, "Host": "rebound.example.org:80"}, 403),
    ("POST", "/digit", {**JSON, "Origin": "http://example.org"}, 403),
    ("POST", "/digit", {**JSON, "Origin": "null"}, 403),
    ("POST", "/digit", {"Content-Type": "text/plain"}, 415),
    ("POST", "/digit", {**JSON, "Content-Length": str(MOST_BYTES + 1)}, 413),
    ("POST", "/digit", {**JSON, "Content-Length": "9" * 5000}, 413),
    ("POST", "/digit", {**JSON, "Content-Length": "-1"}, 411),
    ("POST", "/digit", {**JSON, "Transfer-Encoding": "chunked"}, 411),
    ("POST", "/elsewhere", JSON, 404),
    ("GET", "/../page.py", {}, 404),
    ("PUT", "/digit", JSON, 501),
])  # fmt: skip
def test_requests_from_elsewhere_or_too_large_are_refused(
    server: PageServer, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    assert asked(server, method, path, b'{"digit": 1}', headers)[0] == status


def test_this_machines_other_name_will_do(server: PageServer) -> None:
    named = {"Host": f"localhost:{server.port}", "Origin": f"http://localhost:{server.port}"}
    assert asked(server, "GET", "/state", headers=named)[0] == 200
    assert asked(server, "POST", "/digit", b'{"digit": 1}', {**JSON, **named})[0] == 200


def test_only_this_machine_can_reach_it(server: PageServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert server.url == f"http://127.0.0.1:{server.port}/"


def test_a_browser_that_goes_away_in_the_midst_harms_nobody(
    server: PageServer, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        head = f"POST /digit HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\n"
        line.sendall(head.encode() + b"Content-Length: 100\r\n\r\n{")
    assert posted(server, "/digit", {"digit": 1})[0] == 200
    assert capfd.readouterr() == ("", "")


def test_a_port_that_is_taken_is_one_line(server: PageServer) -> None:
    taken = rf"^--listen: port {server.port} cannot be used: another program has it; give another, or 0$"
    with pytest.raises(BadInput, match=taken), serving(server.session, "another", server.port, 0):
        pass

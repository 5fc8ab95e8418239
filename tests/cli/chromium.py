# SPDX-License-Identifier: BSD-3-Clause
"""A page in headless Chromium, driven over its debugging pipe: real mouse, keys and pixels, and no other package."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Page", "chromium_or_skip", "opened"]

#: Chromium listens at file descriptor 3 and speaks at 4.
_WRAPPER = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)
_PATIENCE = 60.0


def chromium_or_skip() -> str:
    """The browser's program; else the test is skipped with the reason."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("Chromium is not on PATH; install it (Debian: apt-get install chromium)")


@contextlib.contextmanager
def opened(url: str, folder: Path, *, width: int = 1200, height: int = 1400, dark: bool = False) -> Iterator[Page]:
    """A page in a browser of its own, its profile in a folder."""
    program = chromium_or_skip()
    to_browser, ours = os.pipe()
    theirs, from_browser = os.pipe()
    # Far from 3 and 4, which are written over.
    handles = [os.dup(each) if each > 9 else _high(each) for each in (to_browser, from_browser)]
    command = [program, "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={folder}", "--disable-gpu"]
    command += ["--no-first-run", "--disable-extensions", "--disable-dev-shm-usage", "--disable-background-networking"]
    command += ["--no-sandbox"] if os.geteuid() == 0 else []
    browser = subprocess.Popen(
        [sys.executable, "-c", _WRAPPER, *(str(each) for each in handles), *command, "about:blank"],
        pass_fds=handles,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for each in (*handles, to_browser, from_browser):
        os.close(each)
    try:
        page = Page(ours, theirs)
        page.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.command("Emulation.setEmulatedMedia", features=[scheme])
        page.command("Page.navigate", url=url)
        page.until("document.readyState === 'complete' && location.href !== 'about:blank'")
        yield page
    finally:
        for each in (ours, theirs):
            os.close(each)
        browser.terminate()
        browser.wait(20)


def _high(handle: int) -> int:
    import fcntl

    return fcntl.fcntl(handle, fcntl.F_DUPFD, 10)


class Page:
    """What a test does with a page.

    Parameters
    ----------
    write, read : int
        Ends of the pipes to and from the browser.
    """

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        (target, *_) = [each for each in self.command("Target.getTargets")["targetInfos"] if each["type"] == "page"]
        attached = self.command("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        self.errors: list[str] = []
        self.command("Runtime.enable")
        self.command("Log.enable")

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the DevTools protocol, and its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("method") == "Runtime.exceptionThrown":
                self.errors.append(json.dumps(answer["params"]["exceptionDetails"]))
            elif answer.get("method") == "Log.entryAdded" and answer["params"]["entry"]["level"] == "error":
                self.errors.append(answer["params"]["entry"]["text"])
            elif answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return dict(answer["result"])

    def _receive(self) -> dict[str, Any]:
        end = time.monotonic() + _PATIENCE
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, end - time.monotonic()))
            data = os.read(self._read, 1 << 16) if ready else b""
            assert data, "the browser must answer, and does not"
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(message))

    def value(self, expression: str) -> Any:
        """What an expression of the page is."""
        found = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def text(self, id_: str) -> str:
        """Text of an element."""
        return str(self.value(f"document.getElementById({id_!r}).textContent")).strip()

    def until(self, expression: str) -> None:
        """Wait until an expression of the page is true; an assertion fails if it never is."""
        end = time.monotonic() + _PATIENCE
        while not self.value(expression):
            assert time.monotonic() < end, f"{expression} must become true"
            select.select([], [], [], 0.02)

    def resize(self, width: int, height: int) -> None:
        """Size of the window [pixels]."""
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def stroke(self, id_: str, points: Sequence[tuple[float, float]]) -> None:
        """Press the mouse on an element, move it, and let go; points are parts of its width and height."""
        self.value(f"document.getElementById({id_!r}).scrollIntoView({{block: 'center'}})")
        box = self.value(f"document.getElementById({id_!r}).getBoundingClientRect().toJSON()")
        placed = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        self._mouse("mousePressed", placed[0])
        for point in placed:
            self._mouse("mouseMoved", point)
        self._mouse("mouseReleased", placed[-1])

    def click(self, id_: str) -> None:
        """Press and let go in the middle of an element."""
        self.stroke(id_, [(0.5, 0.5)])

    def _mouse(self, kind: str, point: tuple[float, float]) -> None:
        self.command(
            "Input.dispatchMouseEvent", type=kind, x=point[0], y=point[1], button="left", buttons=1, clickCount=1
        )

    def key(self, key: str, *, shift: bool = False) -> None:
        """Press a key, as ``ArrowLeft`` or a space, and let go."""
        for kind in ("keyDown", "keyUp"):
            self.command("Input.dispatchKeyEvent", type=kind, key=key, modifiers=8 if shift else 0)

    def screenshot(self, path: Path) -> None:
        """The whole page as a PNG."""
        shot = self.command("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

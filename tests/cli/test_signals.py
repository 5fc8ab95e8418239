# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable

import pytest
from spintile.cli import main as main_module
from spintile.cli.main import main
from spintile.cli.signals import orderly_end


class Thing:
    pass


class Chatty:
    """Presses Ctrl-C while it goes: Python prints the exception and forgets it."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)
        for _ in range(1000):  # the handler runs between two instructions
            pass


def linger(seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)


def press_in_a_destructor() -> None:
    Chatty()
    linger()


def press_in_a_weak_reference() -> None:
    """As while a file is being compressed: in a callback that the standard library's weakref module gives."""
    code = compile("signal.raise_signal(signal.SIGINT)\nfor _ in range(1000): pass", weakref.__file__, "exec")
    thing = Thing()
    kept = weakref.ref(thing, lambda _: exec(code, {"signal": signal}))
    del thing
    assert kept() is None
    linger()


def press_in_the_midst() -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("press", [press_in_a_destructor, press_in_a_weak_reference, press_in_the_midst])
def test_an_interrupt_where_python_forgets_it_comes_back(press: Callable[[], None]) -> None:
    with orderly_end() as interrupts, pytest.raises(KeyboardInterrupt):
        press()
    assert interrupts.seen
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_swallowed_interrupt_still_ends_with_its_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def doctor() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            return  # as a callback from C does

    monkeypatch.setattr(main_module.doctor, "doctor", doctor)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == "spintile: interrupted; nothing was left half written\n"


def test_a_process_that_ignores_ctrl_c_goes_on_doing_so() -> None:
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from spintile.cli.signals import orderly_end\n"
        "with orderly_end() as interrupts: signal.raise_signal(signal.SIGINT)\n"
        "raise SystemExit(interrupts.seen)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

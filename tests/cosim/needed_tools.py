# SPDX-License-Identifier: BSD-3-Clause
"""Skipping where this machine lacks a tool, always with the reason and how to install it."""

from __future__ import annotations

from typing import cast

import pytest
from spintile.cosim.build import Engine
from spintile.cosim.tools import Tool, find_icarus, find_verilator

__all__ = ["engine_or_skip", "needs_icarus", "usable_or_skip"]


def _why(tool: Tool) -> str:
    return f"{tool.name} is {tool.state}; {tool.install}"


_ICARUS = find_icarus()
#: Mark of tests that always run Icarus.
needs_icarus = pytest.mark.skipif(not _ICARUS.usable, reason=_why(_ICARUS))


def usable_or_skip(*tools: Tool) -> None:
    """Skip the test with the reason, unless this machine has all of the tools."""
    for tool in tools:
        if not tool.usable:
            pytest.skip(_why(tool))


def engine_or_skip(engine: str) -> Engine:
    """The engine, if this machine has it; else the test is skipped with the reason."""
    usable_or_skip(find_icarus() if engine == "icarus" else find_verilator())
    return cast(Engine, engine)

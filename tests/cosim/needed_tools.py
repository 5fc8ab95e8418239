# SPDX-License-Identifier: BSD-3-Clause
"""Skipping where this machine lacks a tool, always with the reason and how to install it."""

from __future__ import annotations

from typing import cast

import pytest
from spintile.cosim.build import Engine
from spintile.cosim.tools import Tool, find_icarus, find_verilator

__all__ = ["engine_or_skip", "needs", "needs_icarus", "usable_or_skip"]


def _why(tool: Tool) -> str:
    return f"{tool.name} is {tool.state}; {tool.install}"


def needs(*tools: Tool) -> pytest.MarkDecorator:
    """Mark of tests that this machine skips, with the reason, unless it has all of the tools."""
    missing = [_why(tool) for tool in tools if not tool.usable]
    return pytest.mark.skipif(bool(missing), reason="; ".join(missing))


#: Mark of tests that always run Icarus.
needs_icarus = needs(find_icarus())


def usable_or_skip(*tools: Tool) -> None:
    """Skip the test with the reason, unless this machine has all of the tools."""
    for tool in tools:
        if not tool.usable:
            pytest.skip(_why(tool))


def engine_or_skip(engine: str) -> Engine:
    """The engine, if this machine has it; else the test is skipped with the reason."""
    usable_or_skip(find_icarus() if engine == "icarus" else find_verilator())
    return cast(Engine, engine)

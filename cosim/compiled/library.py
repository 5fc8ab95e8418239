# SPDX-License-Identifier: BSD-3-Clause
"""A design and the C++ harness as one shared library, kept in a cache: what is in it is built once.

Any top module fits that has ``clk``, ``rst``, ``s_axi__*``, ``image__*`` and ``result__*``. Where it has
``array__comparator``, the array is compiled in; where it has ``trace__*``, the recorder; every port can be reached by
name, so that a twin without array pins, a netlist or a design full of mutants runs in the same harness.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spintile.model.geometry import Geometry
from spintile.model.golden.noise import TABLE

from ..builds import build_once, compile_verilated, run_logged
from ..tools import cache_folder, find_compiler, find_make, find_verilator, require

__all__ = ["Library", "Port", "build_library", "link_shared", "verilate_shared"]

#: Changes when what a build folder holds changes.
_FORMAT = 1
_HARNESS = Path(__file__).parent / "harness"
_LIBRARY = "engine.so"
_PORTS = "ports.json"
#: One declaration of a port in the header that Verilator writes: VL_OUTW(&name,199,0,7).
_DECLARATION = re.compile(r"VL_(IN|OUT|INOUT)(?:8|16|64|W)?\(&(\w+),(\d+),(\d+)(?:,\d+)?\)")
#: Parts of the harness that are there if a port is.
_PARTS = {
    "ARRAY": "array__comparator",
    "TRACE": "trace__codes__valid",
    "REPORT": "report__tready",
    "DIE": "die__tvalid",
}
#: Inputs that the harness must be able to drive.
_NEEDED = ("clk", "rst", "s_axi__awvalid", "image__tvalid", "result__tready")


@dataclass(frozen=True)
class Port:
    """A port of the top module.

    Parameters
    ----------
    name : str
        As in the Verilog.
    direction : {"input", "output"}
    width : int
        Bits.
    member : str
        What Verilator calls it.
    """

    name: str
    direction: Literal["input", "output"]
    width: int
    member: str

    @property
    def words(self) -> int:
        """Words of 32 bits that hold it."""
        return -(-self.width // 32)


@dataclass(frozen=True)
class Library:
    """A built library.

    Parameters
    ----------
    path : Path
        The shared library.
    geometry : Geometry
        Shape that it was built for.
    ports : dict of Port
        By name, in the order of their numbers.
    log : Path
        What the tools said while it was built.
    random_state : bool
        Whether registers and memories can start with random contents.
    """

    path: Path
    geometry: Geometry
    ports: Mapping[str, Port]
    log: Path
    random_state: bool = False

    @property
    def has_array(self) -> bool:
        """Whether it has pins towards an array, and so the array in it."""
        return "array__comparator" in self.ports

    @property
    def has_trace(self) -> bool:
        """Whether it shows codes, accumulators and activations."""
        return "trace__codes__valid" in self.ports


def build_library(
    verilog: str,
    top: str,
    geometry: Geometry,
    *,
    random_state: bool = False,
    optimise: str = "-O2",
    cache: Path | None = None,
    jobs: int | None = None,
) -> Library:
    """A library of some Verilog and the harness, from the cache or built now.

    Parameters
    ----------
    verilog : str
        The design.
    top : str
        Its top module.
    geometry : Geometry
        Its shape.
    random_state : bool
        Registers and memories may start with random contents, drawn by the engine's seed; else they start as 0.
    optimise : str
        Option of the C++ compiler for the design; the harness is always compiled with -O3.
    cache : Path, optional
        Where builds are kept; :func:`~spintile.cosim.tools.cache_folder` unless given.
    jobs : int, optional
        C++ compilations at once; the number of processors unless given.

    Raises
    ------
    MissingTool
        If Verilator, a C++ compiler or make is missing.
    BuildError
        If the build fails.
    ValueError
        If the top module lacks a port that the harness drives.
    """
    versions = [require(tool).version for tool in (find_verilator(), find_compiler(), find_make())]
    digest = hashlib.sha256(
        json.dumps([_FORMAT, top, versions, find_compiler().source, optimise, random_state]).encode()
    )
    digest.update(json.dumps(geometry.as_dict()).encode() + json.dumps(TABLE).encode())
    for source in sorted(_HARNESS.iterdir()):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    digest.update(verilog.encode())
    root = cache or cache_folder()

    def make(folder: Path) -> None:
        (folder / "design.v").write_text(verilog)
        verilate_shared(folder, top, random_state=random_state)
        ports = _ports((folder / "model" / "Vtop.h").read_text())
        for name in _NEEDED:
            if name not in ports or ports[name].direction != "input":
                raise ValueError(f"top module {top!r} must have an input {name!r}")
        (folder / _PORTS).write_text(json.dumps([vars(port) for port in ports.values()]))
        (folder / "model" / "design.h").write_text(_design_header(geometry, ports))
        compile_verilated(
            folder,
            root / "runtimes",
            targets=("Vtop__ALL.a", "libverilated.a"),
            optimise=optimise,
            variant="-shared",
            jobs=jobs,
        )
        link_shared(folder, _HARNESS / "engine.cpp", _LIBRARY)
        shutil.rmtree(folder / "model")

    folder = root / "libraries" / digest.hexdigest()[:24]
    build_once(folder, _LIBRARY, make, f"Verilator could not make a library of {top!r}")
    ports = [Port(**fields) for fields in json.loads((folder / _PORTS).read_text())]
    return Library(folder / _LIBRARY, geometry, {port.name: port for port in ports}, folder / "build.log", random_state)


def verilate_shared(folder: Path, top: str, *, random_state: bool = False) -> None:
    """Verilate ``folder/design.v`` into ``folder/model``, as class ``Vtop``, to be linked into a library.

    Raises
    ------
    BuildError
        Without a message, if Verilator refuses it.
    """
    tool = find_verilator()
    command = [
        *tool.command,
        "--cc",
        "-Wno-fatal",
        "-Wno-lint",
        "-Wno-style",
        "-O3",
        "--x-assign",
        "unique" if random_state else "0",
        "--x-initial",
        "unique" if random_state else "fast",
        "--no-assert",
        "--timescale",
        "1ns/1ps",
        "--top-module",
        top,
        "--prefix",
        "Vtop",
        "-Mdir",
        "model",
        "-CFLAGS",
        # Several libraries live in one process: none of their symbols may be shared.
        "-fPIC -fvisibility=hidden -fno-gnu-unique",
        "design.v",
    ]
    run_logged(command, folder, tool.environment)


def _ports(header: str) -> dict[str, Port]:
    """Ports that Verilator's header declares, by their names in the Verilog."""
    ports = {}
    for kind, member, high, low in _DECLARATION.findall(header):
        # Verilator writes characters that C++ reserves as ___0 and two hexadecimal digits.
        name = re.sub(r"___0([0-9A-F]{2})", lambda match: "_" + chr(int(match.group(1), 16)), member)
        direction: Literal["input", "output"] = "output" if kind == "OUT" else "input"
        ports[name] = Port(name, direction, int(high) - int(low) + 1, member)
    return ports


def _design_header(geometry: Geometry, ports: Mapping[str, Port]) -> str:
    """``design.h``: the geometry's numbers, the table of the noise, the ports."""
    numbers = {
        "ROWS": geometry.rows,
        "COLS": geometry.cols,
        "KERNELS": geometry.kernels,
        "ADC_BITS": geometry.adc_bits,
        "COLUMNS_PER_ADC": geometry.columns_per_adc,
        "FRACTION_BITS": geometry.fraction_bits,
        "PAIRS": geometry.pairs,
        "ACC_BITS": geometry.acc_bits,
        "ACTIVATION_BITS": geometry.activation_bits,
    }
    lines = ["// Written by cosim/compiled/library.py.", "#pragma once", '#include "Vtop.h"', "#define MODEL Vtop"]
    lines += [f"constexpr int {name} = {value};" for name, value in numbers.items()]
    lines.append(f"constexpr int NOISE_TABLE[256] = {{{', '.join(map(str, TABLE))}}};")
    for macro, port in _PARTS.items():
        if port in ports:
            lines.append(f"#define HAS_{macro} 1")
    lines.append("#define PORT(name) (model_.P_##name)")
    lines += [f"#define P_{name} {port.member}" for name, port in ports.items() if name.isidentifier()]
    numbered = [(f"DO({number}, {port.member})", port.direction) for number, port in enumerate(ports.values())]
    lines.append("#define EVERY_PORT(DO) " + " ".join(text for text, _ in numbered))
    lines.append("#define EVERY_INPUT(DO) " + " ".join(text for text, direction in numbered if direction == "input"))
    return "\n".join(lines) + "\n"


def link_shared(folder: Path, source: Path, product: str) -> None:
    """Compile a harness and link it with the Verilated model in ``folder/model`` into ``folder/product``.

    Raises
    ------
    BuildError
        Without a message, if it does not compile.
    """
    compiler, root = find_compiler(), Path(find_verilator().environment.get("VERILATOR_ROOT", _system_root()))
    include = root / "include"
    command = [
        *compiler.command,
        "-std=c++17",
        "-fPIC",
        "-fvisibility=hidden",
        "-fno-gnu-unique",
        "-shared",
        "-O3",
        "-Wl,-Bsymbolic",
        "-Wl,--exclude-libs,ALL",
        "-Imodel",
        f"-I{source.parent}",
        f"-I{include}",
        f"-I{include / 'vltstd'}",
        str(source),
        "model/Vtop__ALL.a",
        "model/libverilated.a",
        "-pthread",
        "-o",
        product,
    ]
    run_logged(command, folder)


def _system_root() -> str:
    """Where a system's Verilator keeps its headers."""
    import subprocess

    command = [*find_verilator().command, "--getenv", "VERILATOR_ROOT"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

# SPDX-License-Identifier: BSD-3-Clause
"""The C++ bench built around a mutated design, kept in a cache."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from importlib import resources
from pathlib import Path

from spintile.model.geometry import Geometry

from ..build import ports_of
from ..builds import build_once, compile_verilated, run_logged
from ..design import TOP
from ..tools import cache_folder, find_compiler, find_make, find_verilator, require
from .mutants import SELECT

__all__ = ["build_bench", "chosen_at_start"]

_FORMAT = 3
_VERILATE = (
    *("--cc", "--exe", "-Wno-fatal", "-Wno-lint", "-Wno-style", "-O3", "--no-assert", "--x-assign", "0"),
    *("--x-initial", "fast", "--prefix", "Vtop", "-Mdir", "model", "-o", "../bench", "-CFLAGS", "-std=c++17 -I.."),
)
#: What makes an event, by function of the header: the trailing ports of these prefixes, ``valid`` left out.
_TRACES = {
    "codes": "trace__codes__",
    "accumulators": "trace__acc__",
    "activations": "trace__activation__",
    "classes": "trace__result__",
}
_EVENTS = {
    "result": ("result__tdata", "result__tlast"),
    "report": ("report__tdata", "report__tlast"),
    "lines": ("array__select", "array__row_mode"),
    "trial": ("array__phase", "array__differential", "array__trial"),
    "sample": tuple(
        f"array__{name}"
        for name in ("kernel", "select", "row_mode", "col_mode", "gate", "differential", "tag_image", "tag_ordinal")
    ),
    "pulse": tuple(f"array__{name}" for name in ("select", "row_mode", "col_mode", "gate", "level", "pulse")),
}


def build_bench(verilog: str, geometry: Geometry, *, cache: Path | None = None, jobs: int | None = None) -> Path:
    """The bench's program for a design, from the cache or built now.

    Parameters
    ----------
    verilog : str
        The periphery with its trace ports and an input ``mutant_select``.
    geometry : Geometry
        Its shape.
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
    """
    source = resources.files("spintile.cosim.mutation").joinpath("bench.cpp").read_text()
    versions = [require(tool).version for tool in (find_verilator(), find_compiler(), find_make())]
    header = _header(verilog, geometry)
    key = hashlib.sha256(json.dumps([_FORMAT, versions, header, source, verilog]).encode()).hexdigest()[:24]
    root = (cache or cache_folder()) / "mutation"

    def build(folder: Path) -> None:
        for name, text in (("design.v", chosen_at_start(verilog)), ("design.h", header), ("bench.cpp", source)):
            (folder / name).write_text(text)
        tool = find_verilator()
        run_logged([*tool.command, *_VERILATE, "--top-module", TOP, "design.v", "bench.cpp"], folder, tool.environment)
        compile_verilated(folder, root.with_name("runtimes"), variant="-bench", jobs=jobs)
        shutil.rmtree(folder / "model")

    return build_once(root / key, "bench", build, "bench for mutants could not be built") / "bench"


def chosen_at_start(verilog: str) -> str:
    """The design with ``mutant_select`` as a variable that is set once, from the argument ``+mutant=NUMBER``.

    Verilator evaluates all logic behind an input twice in every cycle, and nearly all logic is behind this one.

    Raises
    ------
    ValueError
        If there is no such input.
    """
    port = re.search(rf"\n  input (\[\d+:0\] )?{SELECT};\n(?:  wire [^\n]*\b{SELECT};\n)?", verilog)
    if port is None:
        raise ValueError(f"mutated design must have an input {SELECT}, and has none")
    variable = (
        f'\n  reg {port.group(1) or ""}{SELECT} = 0;\n  initial if ($value$plusargs("mutant=%d", {SELECT})) begin end\n'
    )
    head, body = verilog[: port.start()], verilog[port.end() :]
    return re.sub(rf"\b{SELECT}, |, {SELECT}\b", "", head, count=1) + variable + body


def _header(verilog: str, geometry: Geometry) -> str:
    """Geometry, and what makes an event of each channel, in C++."""
    ports = ports_of(verilog, TOP)
    # Verilator writes two underscores in a row in a way of its own.
    lines = [f"#define {name} {name.replace('__', '___05F')}" for name in sorted(ports) if "__" in name]
    constants = {
        "ROWS": geometry.rows,
        "COLS": geometry.cols,
        "KERNELS": geometry.kernels,
        "ADC_BITS": geometry.adc_bits,
        "FRACTION_BITS": geometry.fraction_bits,
    }
    lines += [f"constexpr int {name} = {value};" for name, value in constants.items()]
    events = dict(_EVENTS)
    for name, prefix in _TRACES.items():
        events[name] = tuple(sorted(port for port in ports if port.startswith(prefix) and port != f"{prefix}valid"))
    for name, chosen in events.items():
        body = "".join(f" put(words, top.{port});" for port in chosen)
        lines.append(f"static inline void gather_{name}(Vtop& top, Words& words) {{{body} }}")
    return "\n".join(lines) + "\n"

# SPDX-License-Identifier: BSD-3-Clause
"""Simulators built from Verilog, kept in a cache: the same Verilog, tools and options are built once."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from .builds import BuildError, build_once, compile_verilated, run_logged
from .tools import (
    Tool,
    cache_folder,
    find_cocotb,
    find_compiler,
    find_fst_headers,
    find_icarus,
    find_make,
    find_verilator,
    require,
)

__all__ = ["BuildError", "Engine", "SimulatorBuild", "Waves", "build_simulator", "ports_of"]

Engine = Literal["verilator", "icarus"]
#: Whether there are waveforms; ``"vcd"``: in that form, which any program can read, also where FST could be written.
Waves = bool | Literal["vcd"]

#: Changes when what a build folder holds changes.
_FORMAT = 3
_TIMESCALE = "1ns/1ps"


@dataclass(frozen=True)
class SimulatorBuild:
    """A simulator ready to run.

    Parameters
    ----------
    engine : {"verilator", "icarus"}
        Which simulator.
    folder : Path
        Where it is.
    top : str
        The top module.
    waves_file : str
        Name of the waveforms' file (``.fst`` or ``.vcd``); empty if it cannot write any.
    log : Path
        What the tools said while it was built.
    """

    engine: Engine
    folder: Path
    top: str
    waves_file: str = ""

    @property
    def waves(self) -> bool:
        """Whether it can write waveforms."""
        return bool(self.waves_file)

    @property
    def log(self) -> Path:
        return self.folder / "build.log"

    @property
    def program(self) -> Path:
        """The simulator itself: a program (Verilator) or a vvp file (Icarus)."""
        return self.folder / ("simulator" if self.engine == "verilator" else "simulator.vvp")


def ports_of(verilog: str, top: str) -> dict[str, str]:
    """Ports of a module in Verilog (as Yosys writes it, or declared in its header): name to ``input`` or ``output``.

    Raises
    ------
    ValueError
        If there is no such module.
    """
    module = rf"^\s*module\s+\\?{re.escape(top)}(?=[\s(;#])(.*?)^\s*endmodule"
    match = re.search(module, verilog, re.MULTILINE | re.DOTALL)
    if match is None:
        raise ValueError(f"Verilog must have a module {top!r}")
    body = re.sub(r"\(\*.*?\*\)|//[^\n]*", "", match.group(1), flags=re.DOTALL)
    # ``\output`` and ``\emit.output`` are wires of that name, not declarations.
    kind, end = r"(?<![\\.])\b(input|output)\b", r"(?=;|\)|\binput\b|\boutput\b)"
    declaration = rf"{kind}\s*(?:wire|reg)?\s*(?:\[[^\]]*\])?\s*([^;)]*?)\s*{end}"
    ports: dict[str, str] = {}
    for direction, names in re.findall(declaration, body):
        for name in names.split(","):
            word = re.sub(r"\[[^\]]*\]", "", name).strip().lstrip("\\")
            if word:
                ports.setdefault(word, direction)
    return ports


def build_simulator(
    verilog: str,
    top: str,
    engine: Engine = "verilator",
    *,
    waves: Waves = False,
    cache: Path | None = None,
    jobs: int | None = None,
    optimise: str = "-O1",
) -> SimulatorBuild:
    """A simulator of some Verilog with cocotb in it, from the cache or built now.

    Parameters
    ----------
    verilog : str
        The design.
    top : str
        Its top module; its ports, and nothing else, can be reached from Python.
    engine : {"verilator", "icarus"}
        Which simulator.
    waves : bool or "vcd"
        Whether it must be able to write waveforms (slower to build and to run with Verilator), and in which form.
    cache : Path, optional
        Where builds are kept; :func:`~spintile.cosim.tools.cache_folder` unless given.
    jobs : int, optional
        C++ compilations at once; the number of processors unless given.
    optimise : str
        Option of the C++ compiler (Verilator).

    Raises
    ------
    MissingTool
        If a tool that the engine needs is missing.
    BuildError
        If the build fails.
    """
    if engine not in get_args(Engine):
        raise ValueError(f"engine must be one of {', '.join(get_args(Engine))}, not {engine!r}")
    require(find_cocotb())
    versions = [require(tool).version for tool in _tools(engine)]
    waves_file = ""
    if waves:
        # Verilator's FST writer is compiled here, with the headers of this machine; VCD needs none.
        fst = waves != "vcd" and (engine == "icarus" or find_fst_headers().usable)
        waves_file = "waves.fst" if fst else "waves.vcd"
    key = hashlib.sha256(
        json.dumps([_FORMAT, engine, top, waves_file, versions, optimise, _libraries()]).encode()
        + b"\0"
        + verilog.encode()
    ).hexdigest()[:24]
    root = (cache or cache_folder()) / "simulators"
    build = SimulatorBuild(engine, root / f"{engine}-{key}", top, waves_file)

    def make(folder: Path) -> None:
        (folder / "design.v").write_text(verilog)
        if engine == "verilator":
            _build_verilator(folder, root.with_name("runtimes"), verilog, build, jobs, optimise)
        else:
            _build_icarus(folder, top, build.waves_file)

    build_once(build.folder, build.program.name, make, f"{engine} could not build {top!r}")
    return build


def _tools(engine: Engine) -> tuple[Tool, ...]:
    if engine == "icarus":
        return (find_icarus(),)
    return (find_verilator(), find_compiler(), find_make())


def _libraries() -> str:
    """Where cocotb's libraries are: a Verilator build is linked to them."""
    from cocotb_tools import config

    return str(config.libs_dir)


def _build_verilator(
    folder: Path, runtimes: Path, verilog: str, build: SimulatorBuild, jobs: int | None, optimise: str
) -> None:
    from cocotb_tools import config

    tool = find_verilator()
    top, waves = build.top, build.waves
    form = build.waves_file.rpartition(".")[2]
    # Ports only: with every signal public nothing can be optimised away, and compiling can take half an hour.
    # Outputs read-only: a writable vector made of copies of one bit counts as a combinational loop.
    lines = ["`verilator_config"]
    for name, direction in ports_of(verilog, top).items():
        lines.append(f'public_flat_{"rw" if direction == "input" else "rd"} -module "{top}" -var "{name}"')
    (folder / "ports.vlt").write_text("\n".join(lines) + "\n")
    libraries = config.libs_dir
    command = [
        *tool.command,
        "--cc",
        "--exe",
        "--vpi",
        "-Wno-fatal",
        "-Wno-lint",
        "-Wno-style",
        "-O3",
        "--x-assign",
        "0",
        "--x-initial",
        "fast",
        "--no-assert",
        "--timescale",
        _TIMESCALE,
        "--top-module",
        top,
        "--prefix",
        "Vtop",
        "-Mdir",
        "model",
        "-o",
        "../simulator",
        "-LDFLAGS",
        f"-Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator",
        *([f"--trace-{form}"] if waves else []),
        "ports.vlt",
        "design.v",
        str(config.share_dir / "lib" / "verilator" / "verilator.cpp"),
    ]
    run_logged(command, folder, tool.environment)
    compile_verilated(folder, runtimes, optimise=optimise, variant=f"-{form}" if waves else "", jobs=jobs)
    if not waves:
        shutil.rmtree(folder / "model")


def _build_icarus(folder: Path, top: str, waves_file: str) -> None:
    sources = ["design.v"]
    if waves_file:
        (folder / "waves.v").write_text(
            "module waves;\ninitial begin\n"
            '  if ($test$plusargs("waves")) begin\n'
            f'    $dumpfile("{waves_file}");\n'
            f"    $dumpvars(0, {top});\n"
            "  end\nend\nendmodule\n"
        )
        sources.append("waves.v")
    (folder / "timescale.f").write_text(f"+timescale+{_TIMESCALE}\n")
    tops = ["-s", top, *(["-s", "waves"] if waves_file else [])]
    command = [*find_icarus().command, "-g2012", "-f", "timescale.f", "-o", "simulator.vvp", *tops, *sources]
    run_logged(command, folder)

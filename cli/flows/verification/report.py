# SPDX-License-Identifier: BSD-3-Clause
"""Contents of ``report.json`` and ``results.xml``, and the lines of the tables."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from typing import Any

from ...report import Status
from ..checks import provenance
from .campaign import Finding
from .requirements import requirements_of
from .smallest import Smallest

__all__ = ["case_entry", "first_failure", "junit", "make_report"]


def make_report(
    findings: Sequence[Finding],
    *,
    seed: int,
    difference: Smallest | None = None,
    mutants: Mapping[str, Any] | None = None,
    properties: Mapping[str, Any] | None = None,
    coverage: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Everything that a verification found, as plain values.

    Parameters
    ----------
    findings : sequence of Finding
        Tasks in order.
    seed : int
        Of the run.
    difference : Smallest or None
        The least that shows the first difference.
    mutants, properties, coverage : mapping or None
        None: not run, and so in the report.

    Returns
    -------
    dict
        ``dies`` and ``images`` are what every case that ran has had at least; ``seconds`` the time of all units, also
        of those that an earlier run finished.
    """
    ran = [finding for finding in findings if finding.units]
    requirements = requirements_of(findings, mutants, properties, coverage)
    return {
        "format_version": 1,
        "holds": bool(ran) and all(each.result != "fails" for each in requirements),
        "dies": min((len(finding.task.subject.dies) for finding in ran), default=0),
        "images": min((finding.task.subject.count for finding in ran), default=0),
        "compared": sum(sum(finding.compared.values()) for finding in ran),
        "mismatches": sum(finding.differing for finding in ran),
        "seconds": sum(finding.total("seconds") for finding in ran),
        "mutants": mutants,
        "properties": properties,
        "coverage": coverage,
        "requirements": [dataclasses.asdict(each) for each in requirements],
        "cases": [case_entry(finding) for finding in findings],
        "difference": None if difference is None else difference.as_dict(),
        "provenance": provenance(seed, {}),
    }


def case_entry(finding: Finding) -> dict[str, Any]:
    """A task in the report."""
    subject, stage = finding.task.subject, finding.task.stage
    first = finding.failures[0]["message"] if finding.failures else None
    correct = finding.correct
    return {
        "name": subject.name,
        "reaches": subject.reaches,
        "stage": stage.key,
        "not_run": finding.task.not_run,
        "dies": len(subject.dies),
        "images": subject.count,
        "compared": sum(finding.compared.values()),
        "compared_by_point": finding.compared,
        "mismatches": finding.differing,
        "mismatches_by_point": finding.mismatches,
        "first_difference": first,
        "failed_dies": sorted({failure["die"] for failure in finding.failures}),
        "accuracy": None if correct is None else 100.0 * correct / finding.images,
        "cycles_per_image": finding.cycles_per_image,
        "cycles_bound": subject.compiled.cycles_bound(subject.chip.adc_bits),
        "seconds": finding.total("seconds"),
        "processor_seconds": finding.total("processor"),
    }


def first_failure(report: Mapping[str, Any]) -> str:
    """One line: what does not hold; empty if everything does."""
    for entry in report["cases"]:
        if entry["mismatches"]:
            return f"{entry['name']} at stage {entry['stage']}: {entry['first_difference']}"
    for requirement in report["requirements"]:
        if requirement["result"] == "fails":
            return f"{requirement['group']}: {requirement['claim']}: {requirement['remark'] or requirement['amount']}"
    return "" if report["holds"] else "something must be compared, and nothing could be"


def junit(report: Mapping[str, Any]) -> str:
    """JUnit XML: one test case for each case at a stage, and one for each line of the status table besides."""
    suite = ElementTree.Element("testsuite", name="spintile verify")
    for entry in report["cases"]:
        failure = "" if entry["first_difference"] is None else str(entry["first_difference"])
        said = f"{entry['compared']:,} values compared on {entry['dies']} dies and {entry['images']:,} images"
        _case(suite, entry["stage"], entry["name"], failure, entry["not_run"], said, entry["seconds"])
    for row in report["requirements"]:
        requirement = Status(**row)
        failure = f"{requirement.amount}; {requirement.remark}" if requirement.result == "fails" else ""
        skipped = requirement.remark or requirement.how if requirement.result == "not run" else ""
        _case(suite, f"requirements.{requirement.group}", requirement.claim, failure, skipped, requirement.amount)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(
    suite: ElementTree.Element, where: str, name: str, failure: str, skipped: str, said: str, seconds: float = 0.0
) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=f"spintile.verify.{where}", name=name, time=f"{seconds:.3f}"
    )
    if failure:
        ElementTree.SubElement(case, "failure", message=failure)
    elif skipped:
        ElementTree.SubElement(case, "skipped", message=skipped)
    ElementTree.SubElement(case, "system-out").text = said

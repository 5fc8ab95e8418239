# SPDX-License-Identifier: BSD-3-Clause
"""The report has what was asked of it, null for what was not run, and a status table that tells fails from not run."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from spintile.cli.flows.verification.campaign import Finding, Task
from spintile.cli.flows.verification.page import verification_sheet
from spintile.cli.flows.verification.report import first_failure, junit, make_report
from spintile.cli.flows.verification.smallest import Smallest
from spintile.cli.flows.verification.units import UnitResult
from spintile.cli.report import render_sheet
from verification_cases import COMPILED, GOLDEN, subject

EQUAL = {"codes": 300, "accumulators": 40, "activations": 20, "classes": 10}
NONE = dict.fromkeys(EQUAL, 0)
MUTANTS = {"total": 40, "killed": 36, "equivalent": 2, "survived": 2, "score": 0.947, "holds": False, "blocks": {}}
BLOCK = {"name": "gather", "kind": "safety", "properties": ["a", "b"], "depth": 1, "engine": "z3"}
BLOCK |= {"proved": True, "reason": ""}
COVERAGE = {"bins": 9, "hit": 7, "waived": 1, "groups": {"reads": {"bins": 9, "hit": 7, "waived": 1}}}


def finding(**changes: Any) -> Finding:
    unit = {"images": 10, "compared": EQUAL, "mismatches": NONE, "failures": [], "seconds": 2.0} | changes
    return Finding(Task(subject(), COMPILED), [UnitResult(**unit)])


def failing(message: str, image: int | None, **changes: Any) -> Finding:
    return finding(failures=[{"die": 4, "image": image, "message": message}], **changes)


def test_what_was_not_run_is_null_and_not_nothing() -> None:
    report = make_report([finding()], seed=0)
    assert report["holds"]
    assert {key: report[key] for key in ("dies", "images", "compared", "mismatches", "seconds")} == {
        "dies": 6, "images": 12, "compared": 370, "mismatches": 0, "seconds": 2.0,
    }  # fmt: skip
    assert [report[key] for key in ("mutants", "properties", "coverage", "difference")] == [None] * 4
    results = [line["result"] for line in report["requirements"]]
    assert results == ["not run", "not run", *["holds"] * 5, *["not run"] * 5]


def test_every_part_can_fail_and_says_what() -> None:
    unproved = {
        "proved": 2,
        "total": 4,
        "blocks": [BLOCK, BLOCK | {"name": "argmax", "proved": False, "reason": "does not close"}],
    }
    missing = {"missing": [{"name": "r.9", "what": "nine rows"}], "waivers": []}
    closing = COVERAGE | missing | {"required": True, "error": ""}
    hit_all = {"hit": 8, "missing": [], "error": "codes: die 0"}
    red = [
        (failing("codes: die 4", 103, mismatches=NONE | {"codes": 3}), {}, "two at stage compiled: codes: die 4"),
        (failing("design must go on reading", None), {}, "two at stage compiled: design must go on reading"),
        (finding(), {"mutants": MUTANTS | {"survivors": []}}, "mutants: at least 95% of the small faults"),
        (finding(), {"properties": unproved}, "properties: the stated properties of every block"),
        (finding(), {"coverage": closing}, "coverage: every situation on the list"),
        (finding(), {"coverage": closing | hit_all}, "coverage: every situation on the list"),
    ]
    for found, parts, said in red:
        report = make_report([found], seed=0, **parts)
        assert not report["holds"]
        assert first_failure(report).startswith(said)
        suite = ElementTree.fromstring(junit(report))
        assert int(suite.get("failures", "")) >= 1
        sheet = verification_sheet(report)
        assert not sheet.holds
        assert "No." in render_sheet(sheet)
    # Ordinary runs do not reach everything: that is said, and is no failure.
    report = make_report([finding()], seed=0, coverage=COVERAGE | missing | {"required": False, "error": ""})
    assert report["holds"]
    assert "nine rows" in render_sheet(verification_sheet(report))


def test_a_hang_counts_as_a_mismatch() -> None:
    report = make_report([failing("design must be done", None)], seed=0)
    assert report["mismatches"] == 1
    assert report["cases"][0]["failed_dies"] == [4]


def test_several_cases_are_counted_by_the_least_of_them() -> None:
    other = Finding(
        Task(subject(dies=(1, 2), images=40), GOLDEN), [UnitResult(80, {"classes": 80}, {"classes": 0}, [])]
    )
    report = make_report([finding(), other], seed=0)
    assert (report["dies"], report["images"], report["compared"]) == (2, 12, 450)


def test_the_page_stands_alone_and_shows_the_command() -> None:
    smallest = Smallest("two", "compiled", 4, 103, 1, "codes: <die 4>", "spintile verify --dies 4", "difference.vcd")
    found = failing("codes: <die 4>", 103, mismatches=NONE | {"codes": 3})
    page = render_sheet(verification_sheet(make_report([found], seed=0, difference=smallest)))
    assert '<pre class="code">spintile verify --dies 4</pre>' in page
    assert "codes: &lt;die 4&gt;" in page
    assert not re.search(r"https?://|<script|<link|@import|src=|url\(", page)
    assert page.count('class="fails"') == 1


@pytest.mark.parametrize("name", ["total", "killed", "equivalent", "survived"])
def test_mutants_are_in_the_report_by_name(name: str) -> None:
    report = make_report([finding()], seed=0, mutants=MUTANTS | {"survivors": [{"text": "rtl/gather.py:7"}]})
    assert report["mutants"][name] == MUTANTS[name]
    assert "rtl/gather.py:7" in render_sheet(verification_sheet(report))

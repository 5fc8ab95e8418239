# SPDX-License-Identifier: BSD-3-Clause
"""Files of a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ....report import render_sheet
from ...checks import checks_junit
from ...files import write_json, write_text
from ..claims import Claim, claim_checks
from .page import make_sheet
from .pictures import draw_contours, draw_shares
from .plan import DroletRun
from .results import make_claims, make_report

#: What a finished run leaves besides the tasks' files.
FILES = (
    "report.json",
    "report.html",
    "results.xml",
    *(f"contours.{suffix}" for suffix in ("svg", "png", "json", "csv")),
    *(f"shares.{suffix}" for suffix in ("svg", "png", "json")),
)


def write_outputs(run: DroletRun, folder: Path) -> tuple[dict[str, Any], list[Claim]]:
    """Pictures, page, JUnit and report; the same run gives the same bytes. The report and its claims."""
    claims = make_claims(run)
    report = make_report(run, claims)
    sheet = make_sheet(run, claims, draw_contours(run, folder), draw_shares(run, folder))
    write_text(folder / "report.html", render_sheet(sheet))
    write_text(folder / "results.xml", checks_junit(claim_checks(claims), "reproduce drolet"))
    write_json(folder / "report.json", report)
    return report, claims

# SPDX-License-Identifier: BSD-3-Clause
"""Files of a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ....report import render_sheet
from ...checks import checks_junit
from ...files import write_json, write_text
from ..claims import Claim, claim_checks
from ..markdown import tables_markdown
from . import pictures, surfaces
from .page import make_sheet
from .report import make_report
from .study import BordersRun
from .study_pictures import draw_studies
from .study_tables import study_claims, study_figures, study_sections
from .verdicts import make_claims

PICTURES = ("rates", "fitted", "mismatch", "landscape", "transfer")
#: What a finished run leaves besides sweeps, the simulation's folder, and pictures of the studies that were done.
FILES = (
    "report.json",
    "report.html",
    "results.xml",
    "tables.md",
    *(f"{name}.{suffix}" for name in PICTURES for suffix in ("svg", "png", "json")),
)


def write_outputs(run: BordersRun, folder: Path) -> tuple[dict[str, Any], list[Claim]]:
    """Pictures, page, JUnit and report; the same run gives the same bytes. The report and its claims."""
    figures = study_figures(run.studies)
    claims = make_claims(run, study_claims(figures, run.settings))
    report = make_report(run, claims, figures)
    drawn = {
        "rates": pictures.draw_rates(run, report, folder),
        "fitted": pictures.draw_fitted(report, folder),
        "mismatch": pictures.draw_mismatch(report, folder),
        "landscape": surfaces.draw_landscape(run, report, folder),
        "transfer": surfaces.draw_transfer(report, folder),
    }
    sheet = make_sheet(report, claims, drawn, study_sections(figures, draw_studies(figures, folder)))
    write_text(folder / "report.html", render_sheet(sheet))
    write_text(folder / "tables.md", tables_markdown(sheet.sections))
    write_text(folder / "results.xml", checks_junit(claim_checks(claims), "reproduce borders"))
    write_json(folder / "report.json", report)
    return report, claims

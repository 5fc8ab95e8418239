# SPDX-License-Identifier: BSD-3-Clause
"""The report of a run: figures as inline SVG, one self-contained HTML page."""

from .contents import Check, Comparison, DieMap, KernelLabel, ReportContents, Strip
from .page import render_report
from .sheet import Number, Section, Sheet, Status, render_sheet

__all__ = [
    "Check",
    "Comparison",
    "DieMap",
    "KernelLabel",
    "Number",
    "ReportContents",
    "Section",
    "Sheet",
    "Status",
    "Strip",
    "render_report",
    "render_sheet",
]

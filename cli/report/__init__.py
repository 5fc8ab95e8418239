# SPDX-License-Identifier: BSD-3-Clause
"""The report of a run: figures as inline SVG, one self-contained HTML page."""

from .contents import Check, Comparison, DieMap, KernelLabel, ReportContents, Strip
from .page import render_report

__all__ = ["Check", "Comparison", "DieMap", "KernelLabel", "ReportContents", "Strip", "render_report"]

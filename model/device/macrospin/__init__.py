# SPDX-License-Identifier: BSD-3-Clause
"""The macrospin behind the closed forms of switching: trajectories, the Fokker-Planck equation, the check."""

from .error_rate_check import CAMPAIGN, JUNCTIONS, QUICK, Point, check_error_rates, closed_form, save_check
from .fokker_planck import error_rates
from .trajectories import Ensemble, Estimate, Event, Frame, Macrospin, estimate_rate

__all__ = [
    "CAMPAIGN",
    "JUNCTIONS",
    "QUICK",
    "Ensemble",
    "Estimate",
    "Event",
    "Frame",
    "Macrospin",
    "Point",
    "check_error_rates",
    "closed_form",
    "error_rates",
    "estimate_rate",
    "save_check",
]

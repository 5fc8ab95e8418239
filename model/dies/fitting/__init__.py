# SPDX-License-Identifier: BSD-3-Clause
"""Statistics fitted to dies: rates, clusters, lines and spreads with their confidence intervals."""

from .comparison import Comparison, compare_populations
from .coverage import coverage_campaign
from .figures import draw_comparison, draw_fit
from .fit import Fit, fit_statistics, population_digest
from .fit_file import load_fit, save_fit
from .goodness import goodness_of_fit
from .rates import Estimate, rate_estimate, rate_spread_estimate

__all__ = [
    "Comparison",
    "Estimate",
    "Fit",
    "compare_populations",
    "coverage_campaign",
    "draw_comparison",
    "draw_fit",
    "fit_statistics",
    "goodness_of_fit",
    "load_fit",
    "population_digest",
    "rate_estimate",
    "rate_spread_estimate",
    "save_fit",
]

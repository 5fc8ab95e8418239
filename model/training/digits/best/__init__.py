# SPDX-License-Identifier: BSD-3-Clause
"""The best network that one die of 20,000 devices holds."""

from .plan import BestPlan, best_spec
from .training import best_data, train_best, train_best_task, train_on

__all__ = ["BestPlan", "best_data", "best_spec", "train_best", "train_best_task", "train_on"]

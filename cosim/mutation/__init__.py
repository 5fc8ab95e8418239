# SPDX-License-Identifier: BSD-3-Clause
"""Mutation of the RTL: many small faults, each of which the verification must see."""

from .campaign import Campaign, run_campaign
from .mutants import Mutant, MutatedDesign, mutate

__all__ = ["Campaign", "Mutant", "MutatedDesign", "mutate", "run_campaign"]

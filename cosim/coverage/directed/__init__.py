# SPDX-License-Identifier: BSD-3-Clause
"""Directed runs that close the coverage: each made for some bins, each compared with the golden model."""

from .close import DirectedRunError, close_coverage, shared_geometry

__all__ = ["DirectedRunError", "close_coverage", "shared_geometry"]

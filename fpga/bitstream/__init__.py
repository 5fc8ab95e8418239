# SPDX-License-Identifier: BSD-3-Clause
"""Bitstreams: a board's gateware through Yosys and nextpnr, with a report of what it takes and how fast it is."""

from __future__ import annotations

from .flow import BuildFailed, Built, TimingNotMet, build_bitstream
from .report import BuildReport
from .speed import Speed, speed_of

__all__ = ["BuildFailed", "BuildReport", "Built", "Speed", "TimingNotMet", "build_bitstream", "speed_of"]

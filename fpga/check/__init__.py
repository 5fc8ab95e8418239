# SPDX-License-Identifier: BSD-3-Clause
"""Checks of a build: its netlist and its bitstream must answer as the golden model does."""

# SPDX-License-Identifier: BSD-3-Clause
"""What the simulation of a board's netlist needs besides Yosys."""

# SPDX-License-Identifier: BSD-3-Clause
"""Models of cells that Yosys has none of, for the simulation of netlists."""

# SPDX-License-Identifier: BSD-3-Clause
"""A board without a board: the very gateware, Verilated, behind a line that may be faulty."""

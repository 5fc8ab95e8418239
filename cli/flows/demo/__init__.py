# SPDX-License-Identifier: BSD-3-Clause
"""The demonstration: its settings, its plan of steps, the steps, and what the report shows of them."""

# SPDX-License-Identifier: BSD-3-Clause
"""300 solutions of a Wine network on passive 15 x 15 arrays: plan, results, RTL, figures, page."""

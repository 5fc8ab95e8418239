# SPDX-License-Identifier: BSD-3-Clause
"""The way of a read: lines, codes, differences, sums."""

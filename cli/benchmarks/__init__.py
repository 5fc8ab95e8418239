# SPDX-License-Identifier: BSD-3-Clause
"""Measurements against other tools, each a function that returns what its command prints."""

# SPDX-License-Identifier: BSD-3-Clause
"""The twin of an array."""

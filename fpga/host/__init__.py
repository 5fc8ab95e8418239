# SPDX-License-Identifier: BSD-3-Clause
"""The host's side: a board as a Python object, whatever is between the two."""

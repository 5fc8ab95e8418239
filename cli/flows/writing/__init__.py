# SPDX-License-Identifier: BSD-3-Clause
"""Writing and characterising dies: who runs the commands, what became of every cell, campaigns over many dies."""

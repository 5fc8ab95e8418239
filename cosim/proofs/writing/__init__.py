# SPDX-License-Identifier: BSD-3-Clause
"""Write pulses, commands and their reports."""

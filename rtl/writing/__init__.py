# SPDX-License-Identifier: BSD-3-Clause
"""Writing and characterising the devices: pulses, verify reads, and the report of every cell."""

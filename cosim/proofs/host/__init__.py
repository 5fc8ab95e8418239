# SPDX-License-Identifier: BSD-3-Clause
"""The host side: buses, registers, memories, streams."""

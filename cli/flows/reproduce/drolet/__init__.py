# SPDX-License-Identifier: BSD-3-Clause
"""Half-moons on passive crossbars: regular against hardware-aware training over thousands of transfers."""

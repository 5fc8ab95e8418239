# SPDX-License-Identifier: BSD-3-Clause
"""One module per command: reads options, calls a flow, shows the result."""

# SPDX-License-Identifier: BSD-3-Clause
"""What the commands do, free of command-line parsing: functions with a progress callback."""

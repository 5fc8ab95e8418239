# SPDX-License-Identifier: BSD-3-Clause
"""Published experiments, done again through our own arrays: plans, figures, pages."""

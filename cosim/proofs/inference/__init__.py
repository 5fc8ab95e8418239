# SPDX-License-Identifier: BSD-3-Clause
"""Programs, activations and images."""

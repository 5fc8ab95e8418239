# SPDX-License-Identifier: BSD-3-Clause
"""What a tape-out asks besides equal answers: lint, unknown values, netlists after synthesis, area and depth."""

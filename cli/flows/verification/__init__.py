# SPDX-License-Identifier: BSD-3-Clause
"""What ``spintile verify`` does: what is verified, at which stages, unit by unit; report; the smallest difference."""

# SPDX-License-Identifier: BSD-3-Clause
"""Trained networks as integers, and their files."""

from .network import Layer, Network

__all__ = ["Layer", "Network"]

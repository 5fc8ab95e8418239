# SPDX-License-Identifier: BSD-3-Clause
"""Trained networks as integers, their files, and inference without an array."""

from .checks import check_network
from .files import load_network, load_tensors, network_digest, save_network, save_tensors
from .network import Layer, Network
from .software import activate, classify, layer_sums, software_classes, software_scores

__all__ = [
    "Layer",
    "Network",
    "activate",
    "check_network",
    "classify",
    "layer_sums",
    "load_network",
    "load_tensors",
    "network_digest",
    "save_network",
    "save_tensors",
    "software_classes",
    "software_scores",
]

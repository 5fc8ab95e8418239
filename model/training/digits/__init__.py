# SPDX-License-Identifier: BSD-3-Clause
"""Digits on a chip of many dies: the experiment as plain functions."""

from .ablations import ABLATIONS, Ablation, ablation_task
from .conditions import Conditions, RepairKind
from .dense import train_dense
from .experiment import Knowledge, example_images, fresh_images
from .packing import pack_network, unpack_network
from .recipes import Recipe, dense_spec, with_outputs
from .shuffling import shuffled_network

__all__ = [
    "ABLATIONS",
    "Ablation",
    "Conditions",
    "Knowledge",
    "Recipe",
    "RepairKind",
    "ablation_task",
    "dense_spec",
    "example_images",
    "fresh_images",
    "pack_network",
    "shuffled_network",
    "train_dense",
    "unpack_network",
    "with_outputs",
]

# SPDX-License-Identifier: BSD-3-Clause
"""Every proof of the periphery: which claims, on which chip, closed by which induction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from activation_properties import activation
from arithmetic_properties import accumulator, repair
from command_properties import command
from program_properties import gather, sequencer
from pulse_properties import lines_shared, pulse_end, pulse_length, whole_chip
from read_path_properties import conversion, read_path, read_progress
from row_driver_properties import row_driver
from spintile.cosim.formal import Properties
from spintile.model.geometry import Geometry, preset
from twin_properties import die_loader, twin, twin_progress

__all__ = ["BORDERS", "PAIR", "PROOFS", "SHARED", "TINY", "Proof"]

BORDERS = preset("borders")
#: Its widths in one pair of columns: lanes are alike and independent.
PAIR = BORDERS.replace(name="one pair of borders", cols=2)
#: Two columns share a converter.
SHARED = Geometry(name="shared", rows=2, cols=4, kernels=3, adc_bits=2, columns_per_adc=2)
TINY = Geometry(name="tiny", rows=3, cols=2, kernels=3, adc_bits=2, fraction_bits=2, acc_bits=10, layer_limit=3)


@dataclass(frozen=True)
class Proof:
    """A property set on a chip, and the induction that closes it.

    Its covers are reached within ``covered`` cycles, in the same property set or in a smaller one, ``covering``.
    """

    make: Callable[[], Properties]
    depth: int = 1
    covered: int = 10
    covering: Callable[[], Properties] | None = None


PROOFS: dict[str, Proof] = {
    "row driver": Proof(lambda: row_driver(BORDERS)),
    "read path": Proof(lambda: read_path(BORDERS), covered=12),
    "read path, shared converters": Proof(lambda: read_path(SHARED), covered=20),
    "progress of the read path": Proof(lambda: read_progress(SHARED)),
    "conversion": Proof(lambda: conversion(PAIR), covered=12),
    "conversion, shared converters": Proof(lambda: conversion(SHARED)),
    "repair": Proof(lambda: repair(PAIR)),
    "accumulator": Proof(lambda: accumulator(PAIR), covered=12),
    "pulse generator": Proof(lambda: pulse_length(BORDERS)),
    "end of a pulse": Proof(lambda: pulse_end(BORDERS)),
    "shared lines": Proof(lambda: lines_shared(BORDERS), depth=2),
    "pins of the whole chip": Proof(lambda: whole_chip(BORDERS), depth=2),
    "gather": Proof(lambda: gather(BORDERS)),
    "sequencer": Proof(lambda: sequencer(BORDERS)),
    "activation": Proof(lambda: activation(BORDERS)),
    "commands": Proof(lambda: command(BORDERS), covered=20, covering=lambda: command(TINY, brief=True)),
    "twin": Proof(lambda: twin(PAIR), covered=7, covering=lambda: twin(TINY)),
    "progress of the twin": Proof(lambda: twin_progress(PAIR), covered=7, covering=lambda: twin_progress(TINY)),
    "die loader": Proof(lambda: die_loader(BORDERS), covered=40, covering=lambda: die_loader(TINY)),
}

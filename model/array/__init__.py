# SPDX-License-Identifier: BSD-3-Clause
"""The array: cells, wires and drivers as a network, and the currents that its columns deliver."""

from .circuit import Circuit, crossbar, separate_source
from .few_vectors import solve
from .newton import BiasDependentTmr, operating_point
from .nodal import Nodal, UndefinedCurrent
from .source_lines import separate_source_currents
from .transfer import WireLossWarning, transfer_matrix, wire_transmission
from .wires import BIAS_SCHEMES, Bias, LineBreaks, SourceLines, Wires, cell_conductance

__all__ = [
    "BIAS_SCHEMES",
    "Bias",
    "BiasDependentTmr",
    "Circuit",
    "LineBreaks",
    "Nodal",
    "SourceLines",
    "UndefinedCurrent",
    "WireLossWarning",
    "Wires",
    "cell_conductance",
    "crossbar",
    "operating_point",
    "separate_source",
    "separate_source_currents",
    "solve",
    "transfer_matrix",
    "wire_transmission",
]

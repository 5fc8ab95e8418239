# SPDX-License-Identifier: BSD-3-Clause
"""Programming: the write controller's golden model, its report, and what a host makes of it."""

from .campaigns import characterise_campaign, random_targets, write_campaign
from .characterisation import Characterisation, classify, recover, undo_wires
from .chosen_flags import chosen_flags
from .command import OPERATIONS, Operation, Region, WriteCommand
from .confusion import CLASSES, Confusion
from .controller import make_array, program, run_command
from .fidelity import Fidelity, fidelity
from .reads import MaintenanceReads
from .report import Report, ReportTable, decode_words, encode_words, first_pass, last_pass
from .self_test import self_test_flags, self_test_reads

__all__ = [
    "CLASSES",
    "OPERATIONS",
    "Characterisation",
    "Confusion",
    "Fidelity",
    "MaintenanceReads",
    "Operation",
    "Region",
    "Report",
    "ReportTable",
    "WriteCommand",
    "characterise_campaign",
    "chosen_flags",
    "classify",
    "decode_words",
    "encode_words",
    "fidelity",
    "first_pass",
    "last_pass",
    "make_array",
    "program",
    "random_targets",
    "recover",
    "run_command",
    "self_test_flags",
    "self_test_reads",
    "undo_wires",
    "write_campaign",
]

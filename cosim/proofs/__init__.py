# SPDX-License-Identifier: BSD-3-Clause
"""What is proved of every block of the RTL, and of the chip's ports: ``prove_all`` proves it here and now."""

from .catalogue import PROOFS
from .proof import Proof
from .run import ProofRecord, count_properties, prove_all, prove_one

__all__ = ["PROOFS", "Proof", "ProofRecord", "count_properties", "prove_all", "prove_one"]

# SPDX-License-Identifier: BSD-3-Clause
"""Co-simulation of programming and characterisation: pulses at the pins, words on the report stream."""

from .chain import inference_job, left_image, weights_job
from .job import ProgramJob
from .run import ProgramOutcome, run_program

__all__ = ["ProgramJob", "ProgramOutcome", "inference_job", "left_image", "run_program", "weights_job"]

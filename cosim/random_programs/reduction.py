# SPDX-License-Identifier: BSD-3-Clause
"""A case that fails, made small: whatever it fails without is left out, everything else takes its default."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from .case import Case, Ending, Program

__all__ = ["reduced"]


def reduced(case: Case, fails: Callable[[Case], bool], most: int = 400) -> Case:
    """The smallest case that is reached by small steps, each of which still fails.

    Parameters
    ----------
    case : Case
        One that fails.
    fails : function (case)
        Whether a case fails, however.
    most : int
        Cases that are tried.
    """
    smaller = True
    while smaller:
        smaller = False
        for candidate in _candidates(case):
            most -= 1
            if most < 0:
                return case
            if fails(candidate):
                case, smaller = candidate, True
                break
    return case


def _candidates(case: Case) -> Iterator[Case]:
    """Cases that are a step smaller, the largest steps first."""
    programs = case.programs
    if len(programs) > 1:
        for number in range(len(programs)):
            yield dataclasses.replace(case, programs=programs[:number] + programs[number + 1 :])
    for number, program in enumerate(programs):
        for candidate in _simpler(program):
            yield dataclasses.replace(case, programs=(*programs[:number], candidate, *programs[number + 1 :]))


def _simpler(program: Program) -> Iterator[Program]:
    bare = Program(program.seed, program.shape, adc_bits=program.adc_bits, ending=program.ending)
    for candidate in (
        bare,
        dataclasses.replace(bare, traffic=program.traffic),
        dataclasses.replace(program, hidden=(), gaps=(), traffic=()),
    ):
        if candidate != program:
            yield candidate
    for field in dataclasses.fields(Program):
        here = getattr(program, field.name)
        if field.default is not dataclasses.MISSING and here != field.default:
            yield _with(program, field.name, field.default)
        if isinstance(here, tuple) and field.name in ("hidden", "gaps", "traffic"):
            for number in range(len(here)):
                yield _with(program, field.name, here[:number] + here[number + 1 :])
    for name, least in (("seed", 0), ("shape", (1,)), ("images", max(1, program.images // 2))):
        if getattr(program, name) != least:
            yield _with(program, name, least)
    for field in dataclasses.fields(Ending):
        if field.name != "kind" and getattr(program.ending, field.name) != field.default:
            simple: dict[str, Any] = {field.name: field.default}
            yield _with(program, "ending", dataclasses.replace(program.ending, **simple))
    if program.ending != Ending():
        yield _with(program, "ending", Ending())


def _with(program: Program, name: str, value: Any) -> Program:
    changes: dict[str, Any] = {name: value}
    return dataclasses.replace(program, **changes)

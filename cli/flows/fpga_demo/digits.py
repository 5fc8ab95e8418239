# SPDX-License-Identifier: BSD-3-Clause
"""Digits of the test set through a board, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import BadInput
from .pictures import known_picture
from .session import Answer, Session
from .subject import Subject

__all__ = ["chosen_digits", "show_digits"]


def chosen_digits(subject: Subject, digit: str, count: int, seed: int) -> list[int]:
    """Indices of test images: from one on, or drawn without repetition.

    Raises
    ------
    BadInput
        If there are not so many, or ``digit`` is neither a number nor ``random``.
    """
    there = len(subject.dataset.test_labels)
    if digit == "random":
        if count > there:
            raise BadInput(f"--count must be at most {there} for {subject.dataset.name}, not {count}")
        return [int(index) for index in np.random.default_rng(seed).permutation(there)[:count]]
    if not digit.isdecimal() or not digit.isascii():
        raise BadInput(f"--digit must be the number of a test image or random, not {digit!r}")
    first = int(digit)
    if first + count > there:
        raise BadInput(f"--digit plus --count must be at most {there} for {subject.dataset.name}, not {first + count}")
    return list(range(first, first + count))


def show_digits(session: Session, digits: list[int], show: Callable[[Answer], None]) -> dict[str, Any]:
    """Send test images, show every answer as it comes, and sum up.

    Returns
    -------
    dict
        ``die``, ``network``, ``images``, ``wrong`` (answered otherwise than the golden model), ``lost``, ``error`` of
        the first that was lost, ``correct`` (labels met), ``first_difference`` and ``answers``.
    """
    answers = []
    for index in digits:
        answers.append(session.ask(known_picture(session.subject, index)))
        show(answers[-1])
    wrong = [answer for answer in answers if answer.class_ is not None and not answer.agrees]
    lost = [answer for answer in answers if answer.class_ is None]
    difference = None
    if wrong:
        first = wrong[0]
        difference = f"class of image {first.picture.index}: must be {first.activity.class_}, not {first.class_}"
    return {
        "die": session.die,
        "network": session.subject.shape,
        "images": len(answers),
        "wrong": len(wrong),
        "lost": len(lost),
        "error": lost[0].error if lost else "",
        "correct": sum(answer.class_ == answer.picture.label for answer in answers),
        "first_difference": difference,
        "answers": [answer.as_dict() for answer in answers],
    }

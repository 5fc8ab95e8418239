# SPDX-License-Identifier: BSD-3-Clause
"""Digits, answers and dies as text: readable without colours, and without anything but ASCII."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from ...report.die_figure import DEFECTS, counts
from .activity import Activity, LayerActivity
from .pictures import Picture
from .session import Answer

if TYPE_CHECKING:
    from spintile.model.dies import Population

__all__ = ["Glyphs", "answer_lines", "die_lines", "glyphs_for"]

#: Letter and style of each defect class, by its number.
_LETTERS = {1: ("s", "red"), 2: ("o", "blue"), 3: ("P", "yellow"), 4: ("A", "magenta"), 5: ("i", "green")}
#: Most lines of a die's map.
_MAP_LINES = 24
_BAR = 24


@dataclass(frozen=True)
class Glyphs:
    """Characters that pictures are made of.

    Parameters
    ----------
    shades : str
        From nothing to black.
    healthy, several : str
        A device without a defect, and a place with defects of several classes.
    frame : str
        Corners from the upper left clockwise, horizontal and vertical line.
    bar, here, yes, no, dash : str
    """

    shades: str
    healthy: str
    several: str
    frame: str
    bar: str
    here: str
    yes: str
    no: str
    dash: str


_UNICODE = Glyphs(" ░▒▓█", "·", "*", "┌┐┘└─│", "█", "▸", "✓", "✗", "–")
_ASCII = Glyphs(" .+*#", ".", "*", "++++-|", "#", ">", "ok", "no", "-")


def glyphs_for(encoding: str | None) -> Glyphs:
    """The characters that a terminal's encoding has."""
    try:
        "".join((_UNICODE.shades, _UNICODE.healthy, _UNICODE.frame, _UNICODE.here, _UNICODE.yes, _UNICODE.no)).encode(
            encoding or "ascii"
        )
    except (UnicodeEncodeError, LookupError):
        return _ASCII
    return _UNICODE


def answer_lines(answer: Answer, top: int, width: int, glyphs: Glyphs) -> Iterator[Text]:
    """One digit: the picture, beside it what came of it, below it the layers.

    Parameters
    ----------
    answer : Answer
    top : int
        The largest value of an input.
    width : int
        Characters of a line.
    glyphs : Glyphs
    """
    picture = list(_framed(answer.picture, top, glyphs))
    beside = [_verdict(answer, glyphs), Text(), *_score_lines(answer.activity, answer.class_, glyphs)]
    indent = len(picture[0].plain) + 3
    if indent + max(len(line.plain) for line in beside) > width:
        yield from picture
        yield Text()
        yield from beside
    else:
        for number in range(max(len(picture), len(beside))):
            line = picture[number].copy() if number < len(picture) else Text()
            if number < len(beside):
                line.pad_right(indent - len(line.plain))
                line.append_text(beside[number])
            yield line
    for number, layer in enumerate(answer.activity.layers, 1):
        yield from _layer_lines(number, layer, width, glyphs)


def die_lines(die: Population, width: int, glyphs: Glyphs) -> Iterator[Text]:
    """A die's defects: how many, and where, kernel by kernel.

    Large kernels are drawn smaller; then a character stands for a few devices.
    """
    defects = die.defect[0]
    found = {name: number for name, number in counts(defects).items() if number or name != "pinhole"}
    listed = ", ".join(f"{number} {name}" for name, number in found.items())
    yield Text(f"Die {int(die.die_ids[0])}: {defects.size:,} devices, {listed}", style="bold")
    step = _step(defects.shape, width)
    legend = Text("  ")
    for number, (name, _) in DEFECTS.items():
        if name in found:
            legend.append(_LETTERS[number][0], style=_LETTERS[number][1])
            legend.append(f" {name}  ")
    legend.append(f"{glyphs.healthy} healthy")
    if step > 1:
        legend.append(f"  {glyphs.several} several; a character is {step} x {step} devices")
    yield legend
    tiles = [list(_tile(kernel, step, glyphs)) for kernel in defects]
    size = len(tiles[0][0].plain)
    across = _across(len(tiles), size, width)
    for first in range(0, len(tiles), across):
        row = tiles[first : first + across]
        yield Text()
        yield Text("  " + " ".join(f"{first + i}".ljust(size) for i in range(len(row))), style="dim")
        for line in zip(*row, strict=True):
            yield Text("  ") + Text(" ").join(line)


def _framed(picture: Picture, top: int, glyphs: Glyphs) -> Iterator[Text]:
    """Every pixel two characters wide: about as wide as it is high."""
    upper_left, upper_right, lower_right, lower_left, line, side = tuple(glyphs.frame)
    across = 2 * picture.values.shape[1]
    yield Text(upper_left + line * across + upper_right)
    for row in picture.values:
        shades = "".join(2 * glyphs.shades[-(-int(value) * (len(glyphs.shades) - 1) // top)] for value in row)
        yield Text(side + shades + side)
    yield Text(lower_left + line * across + lower_right)


def _verdict(answer: Answer, glyphs: Glyphs) -> Text:
    label = answer.picture.label
    line = Text()
    if answer.class_ is None:
        line.append(f"{glyphs.no} no answer: {answer.error}", style="bold red")
    elif not answer.agrees:
        line.append(f"{glyphs.no} the board says {answer.class_}, ", style="bold red")
        line.append(f"and the golden model {answer.activity.class_}", style="bold red")
    elif label is None or label == answer.class_:
        line.append(f"{glyphs.yes} the board says {answer.class_}", style="bold green")
    else:
        line.append(f"the board says {answer.class_}, as the golden model does", style="bold yellow")
    if label is not None:
        line.append(f"; test image {answer.picture.index} is a {label}")
    return line


def _score_lines(activity: Activity, said: int | None, glyphs: Glyphs) -> Iterator[Text]:
    """A bar for each class, from the smallest score to the largest."""
    scores = activity.scores
    low, high = int(scores.min()), int(scores.max())
    for class_, score in enumerate(scores.tolist()):
        length = round((score - low) / (high - low) * _BAR) if high > low else 0
        mark = glyphs.here if class_ == said else " "
        style = "bold" if class_ == activity.class_ else ""
        yield Text(f"{mark} {class_}  {glyphs.bar * length:<{_BAR}} {score:+6d}", style=style)


def _layer_lines(number: int, layer: LayerActivity, width: int, glyphs: Glyphs) -> Iterator[Text]:
    neurons = layer.values.shape[1]
    places = f" at {layer.values.shape[0]} places" if len(layer.values) > 1 else ""
    yield Text(f"Layer {number}: {layer.active} of {layer.values.size} active, {neurons} neurons{places}", style="dim")
    shades = glyphs.healthy + glyphs.shades[1:]
    marks = "".join(shades[-(-int(value) * (len(shades) - 1) // layer.top)] for value in layer.values.ravel())
    for first in range(0, len(marks), max(1, width - 2)):
        yield Text("  " + marks[first : first + max(1, width - 2)])


def _step(shape: Sequence[int], width: int) -> int:
    """How many devices a character of the map is high and wide: as few as there is room for."""
    kernels, rows, cols = shape
    for step in range(1, max(rows, cols)):
        high, wide = -(-rows // step), -(-cols // step)
        if -(-kernels // _across(kernels, wide, width)) * (high + 2) <= _MAP_LINES:
            return step
    return max(rows, cols)


def _across(kernels: int, wide: int, width: int) -> int:
    """Kernels of a line: as many as fit, in lines of the same length."""
    fit = max(1, min(kernels, (width - 1) // (wide + 1)))
    return next(across for across in range(fit, 0, -1) if kernels % across == 0)


def _tile(defects: NDArray[np.uint8], step: int, glyphs: Glyphs) -> Iterator[Text]:
    rows, cols = defects.shape
    for top in range(0, rows, step):
        line = Text()
        for left in range(0, cols, step):
            here = set(defects[top : top + step, left : left + step].ravel().tolist()) - {0}
            if not here:
                line.append(glyphs.healthy, style="dim")
            elif len(here) > 1:
                line.append(glyphs.several, style="bold")
            else:
                letter, style = _LETTERS[here.pop()]
                line.append(letter, style=f"bold {style}")
        yield line


def terminal() -> Console:
    """Standard output: colours where there is a terminal that has them and ``NO_COLOR`` does not forbid them."""
    import sys

    # A pipe or a log has no width; 100 columns are enough for everything.
    return Console(width=None if sys.stdout.isatty() else 100, highlight=False)

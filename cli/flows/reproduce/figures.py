# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of a reproduction: vector and pixels, and the numbers that were drawn beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..figure_files import save_figure
from ..files import write_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_with_data(figure: Figure, data: Mapping[str, Any], folder: Path, name: str) -> str:
    """Write ``name.svg``, ``name.png`` and ``name.json``; the same picture and data give the same bytes.

    Returns
    -------
    str
        The picture as an SVG element for a page.
    """
    for suffix in (".svg", ".png"):
        save_figure(figure, folder / f"{name}{suffix}")
    write_json(folder / f"{name}.json", data)
    return inline_svg(folder / f"{name}.svg")


def inline_svg(path: Path) -> str:
    """The SVG element of a file, without the XML head, as wide as the page's column."""
    text = path.read_text(encoding="utf-8")
    start = text.index("<svg")
    head, rest = text[start:].split(">", 1)
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    return f'{head} class="figure">{rest}'

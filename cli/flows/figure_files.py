# SPDX-License-Identifier: BSD-3-Clause
"""Pictures as files: whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")


def check_picture(path: Path | None, option: str) -> None:
    """BadInput if a picture cannot be written under that name; asked before long work starts."""
    if path is None:
        return
    if path.suffix not in SUFFIXES:
        raise BadInput(f"{option} must end in .png, .svg or .pdf, not {path.name!r}")
    if not path.resolve().parent.is_dir():
        raise BadInput(f"{path}: its folder must exist")


def save_figure(figure: Figure, path: Path) -> None:
    """Write a picture; the suffix chooses the format."""
    part = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        figure.savefig(part, dpi=150)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

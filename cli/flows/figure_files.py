# SPDX-License-Identifier: BSD-3-Clause
"""Pictures as files: whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput
from ..options import writable_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")


def check_picture(path: Path | None, option: str) -> None:
    """BadInput if a picture cannot be written under that name; asked before long work starts."""
    if path is None:
        return
    if path.suffix not in SUFFIXES:
        raise BadInput(f"{option} must end in .png, .svg or .pdf, not {path.name!r}")
    writable_file(path, option)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a picture, the same one as the same bytes; the suffix chooses the format."""
    from matplotlib import rc_context

    part = path.with_name(f".{path.name}.part{path.suffix}")
    # Without these the same picture differs from run to run: a date, and random names inside an SVG.
    undated: dict[str, None] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix, {})
    try:
        with rc_context({"svg.hashsalt": "spintile"}):
            figure.savefig(part, dpi=150, metadata=undated)
        part.replace(path)
    except OSError as error:  # the user knows nothing of the part
        raise type(error)(error.errno, error.strerror, str(path)) from None
    finally:
        part.unlink(missing_ok=True)

# SPDX-License-Identifier: BSD-3-Clause
"""Data sets by name, or from a folder of IDX files."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from .bundle_file import read_bundle
from .dataset import DEFAULT_LEVELS, Dataset, check_levels
from .idx import read_idx_folder
from .middle import MIDDLE_SHAPE, middle_of
from .resample import resample

#: Names that ``load`` knows; anything else is a folder.
NAMES = ("digits", "mnist", "mnist-8x6", "moons", "wine")

BUNDLE = "mnist-14x14.xz"
BUNDLE_SIDE = 14
#: The bundled digits by the number of inputs that they are.
_DIGITS = {BUNDLE_SIDE**2: "mnist", MIDDLE_SHAPE[0] * MIDDLE_SHAPE[1]: "mnist-8x6"}


def load(source: str | Path, side: int | None = None, levels: int = DEFAULT_LEVELS) -> Dataset:
    """A data set.

    Parameters
    ----------
    source : str or path
        "mnist": 60,000 + 10,000 digits of 14 x 14 pixels that come with the package (only at that side and 16 levels).
        "mnist-8x6": their middle at 8 x 6 pixels, whatever the side, for chips that have so few rows.
        "digits", "wine", "moons": small sets of scikit-learn. Anything else: a folder of IDX files, plain or gzipped
        (``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte`` and the same with ``t10k``).
    side : int or None
        Height and width of images; a folder's and the digits' are area-averaged to it. None: 8 for the digits, else
        14. Wine and moons have none.
    levels : int
        Number of levels of a pixel or feature, 2 to 256.

    Raises
    ------
    ValueError
        If there is no such name or folder, or a file is missing, truncated or foreign.
    """
    check_levels(levels)
    if source == "mnist-8x6":
        return middle_of(load("mnist", levels=levels), source)
    if source == "mnist":
        if side not in (None, BUNDLE_SIDE) or levels != DEFAULT_LEVELS:
            raise ValueError(
                f"mnist: side must be {BUNDLE_SIDE} and levels {DEFAULT_LEVELS}, not {side} and {levels}; "
                "give a folder of the original IDX files for others"
            )
        with resources.as_file(resources.files(__package__).joinpath("bundle", BUNDLE)) as path:
            return read_bundle(path)
    if source in ("digits", "wine", "moons"):
        from . import small_sets

        if source == "digits":
            return small_sets.load_digits(8 if side is None else side, levels)
        return small_sets.load_wine(levels) if source == "wine" else small_sets.load_moons(levels)
    folder = Path(source)
    if not folder.is_dir():
        raise ValueError(f"data set must be one of {', '.join(NAMES)} or a folder of IDX files, not {str(source)!r}")
    return from_idx_folder(folder, BUNDLE_SIDE if side is None else side, levels)


def digits_for(inputs: int) -> str | None:
    """Name of the bundled digits that have so many pixels; None if none have."""
    return _DIGITS.get(inputs)


def from_idx_folder(
    folder: Path, side: int, levels: int, *, name: str | None = None, attribution: str | None = None
) -> Dataset:
    """The data set in a folder of IDX files, at any resolution.

    Raises
    ------
    ValueError
        If the folder or a file is missing, truncated or foreign, or ``side`` or ``levels`` is out of range.
    """
    check_levels(levels)
    train, train_labels, test, test_labels = read_idx_folder(folder)
    return Dataset(
        train_images=resample(train, side, levels),
        train_labels=train_labels,
        test_images=resample(test, side, levels),
        test_labels=test_labels,
        name=folder.resolve().name if name is None else name,
        attribution=f"IDX files in {folder}" if attribution is None else attribution,
        levels=levels,
    )

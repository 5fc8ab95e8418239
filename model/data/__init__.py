# SPDX-License-Identifier: BSD-3-Clause
"""Data sets as small integers: the bundled MNIST, IDX files, and small sets of scikit-learn."""

from .bundle_file import pack_bundle, read_bundle
from .dataset import DEFAULT_LEVELS, Dataset, to_bits
from .idx import read_idx, read_idx_folder
from .loading import NAMES, digits_for, from_idx_folder, load
from .resample import resample
from .strokes import draw_strokes

__all__ = [
    "DEFAULT_LEVELS",
    "NAMES",
    "Dataset",
    "digits_for",
    "draw_strokes",
    "from_idx_folder",
    "load",
    "pack_bundle",
    "read_bundle",
    "read_idx",
    "read_idx_folder",
    "resample",
    "to_bits",
]

# SPDX-License-Identifier: BSD-3-Clause
"""Blocks with one deliberate fault: a proof that cannot fail proves nothing."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Mapping
from typing import Any, TypeVar

__all__ = ["faulty"]

_Block = TypeVar("_Block", bound=type)


def faulty(
    block: _Block, before: str = "", after: str = "", *, using: Mapping[str, Any] | None = None, module: str = ""
) -> _Block:
    """A copy of a block whose source reads differently in one place.

    Parameters
    ----------
    block : class
        The sound block. Its whole module is copied; nothing that is imported elsewhere changes.
    before, after : str
        What its source reads, and what the copy reads instead. ``before`` must occur exactly once.
    using : mapping of str to object, optional
        Names of the copied module to bind to something else: a faulty block inside a sound one.
    module : str
        Module to copy, if it is not the one that defines the class.

    Returns
    -------
    class
        The faulty class.

    Raises
    ------
    ValueError
        If ``before`` does not occur exactly once, or a name of ``using`` is not used in the module.
    """
    original = sys.modules[module or block.__module__]
    source = inspect.getsource(original)
    if before:
        occurs = source.count(before)
        if occurs != 1:
            raise ValueError(f"source of {original.__name__} must contain {before!r} exactly once, not {occurs} times")
        source = source.replace(before, after)
    copy = types.ModuleType(f"{original.__name__}__faulty")
    copy.__package__ = original.__package__
    copy.__file__ = original.__file__
    exec(compile(source, f"<{original.__name__}, faulty>", "exec"), copy.__dict__)
    for name, value in (using or {}).items():
        if name not in copy.__dict__:
            raise ValueError(f"module {original.__name__} must use the name {name!r} for it to be replaced")
        setattr(copy, name, value)
    result: _Block = getattr(copy, block.__name__)
    return result

# SPDX-License-Identifier: BSD-3-Clause
"""Functions and structures of the shared library, as ``harness/engine.cpp`` and ``harness/recorder.h`` have them."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_int64, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACCESS", "CHANNELS", "KINDS", "STRAY", "RunStructure", "load_functions", "pointer"]

#: Handshakes and what is counted of them, as ``harness/handshakes.h`` has them.
CHANNELS = (
    *("write_address", "write_data", "write_response", "read_address", "read_data"),
    *("image", "result", "report", "array"),
)
KINDS = ("stalled", "taken", "in_a_row")
#: An event that has no place: stage (0 codes .. 3 classes), image, ordinal or layer, kernel, cycle, its first value.
STRAY = np.dtype(
    [
        ("stage", np.uint32),
        ("image", np.uint32),
        ("place", np.uint32),
        ("kernel", np.uint32),
        ("cycle", np.uint32),
        ("value", np.int32),
    ]
)
#: A register access while images run, and its answer: ``harness/bus.h``.
ACCESS = np.dtype(
    [
        (name, np.uint32)
        for name in (
            *("cycle", "write", "address", "data", "strobe", "address_delay", "data_delay", "answer_delay"),
            *("response", "value", "done"),
        )
    ]
)


class RunStructure(ctypes.Structure):
    """``Run`` of recorder.h, field by field."""

    _fields_ = (
        ("stream", c_void_p),
        *((name, c_int64) for name in ("images", "beats", "reads", "emits", "pooled", "hidden")),
        ("emit_of_read", c_void_p),
        ("pooled_start", c_void_p),
        *((name, c_int64) for name in ("patience", "deadline", "seed")),
        *((name, c_uint32) for name in ("first_index", "image_pause", "result_pause", "stall", "record")),
        ("stray_capacity", c_uint32),
        *(
            (name, c_void_p)
            for name in (
                "codes",
                "kernels",
                "code_cycles",
                "accumulators",
                "accumulator_cycles",
                "activations",
                "activation_cycles",
                "classes",
                "class_cycles",
                "words",
                "strays",
            )
        ),
        ("accesses", c_void_p),
        ("access_count", c_int64),
        ("last", c_void_p),
        ("gaps", c_void_p),
        *((name, c_int64) for name in ("result_from", "result_until", "ready_from", "ready_until")),
        *((name, c_int64) for name in ("stray_count", "word_count", "samples", "cycles")),
    )


#: Name of each function, what it returns and what it takes.
_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "engine_new": (c_void_p, (c_uint32, c_int)),
    "engine_delete": (None, (c_void_p,)),
    "engine_error": (c_char_p, (c_void_p,)),
    "engine_cycles": (c_uint64, (c_void_p,)),
    "engine_reset": (c_int, (c_void_p, c_int)),
    "engine_write": (c_int, (c_void_p, c_uint32, c_void_p, c_int64, POINTER(c_uint32), POINTER(c_int64))),
    "engine_read": (c_int, (c_void_p, c_uint32, POINTER(c_uint32), POINTER(c_uint32))),
    "engine_run": (c_int, (c_void_p, POINTER(RunStructure))),
    "engine_idle": (c_int, (c_void_p, c_int64)),
    "engine_feed": (c_int, (c_void_p, c_void_p, c_int64, c_int64, c_int64)),
    "engine_send_die": (c_int, (c_void_p, c_void_p, c_int64)),
    "engine_pins": (None, (c_void_p, c_uint32, c_int)),
    "engine_comparators": (None, (c_void_p, c_uint64, c_uint64, c_uint64)),
    "engine_die": (None, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_int64, c_uint32, c_uint32)),
    "engine_noise": (c_int64, (c_int64, c_uint32, c_uint32, c_uint32, c_uint32, c_uint32)),
    "engine_handshakes": (None, (c_void_p, c_void_p, c_int)),
    "engine_peek": (None, (c_void_p, c_int, POINTER(c_uint32))),
    "engine_poke": (None, (c_void_p, c_int, POINTER(c_uint32))),
    "engine_settle": (None, (c_void_p,)),
}


def load_functions(path: Path) -> ctypes.CDLL:
    """The library's functions with their types."""
    library = ctypes.CDLL(str(path))
    for name, (returned, taken) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = returned, taken
    return library


def pointer(array: NDArray[Any]) -> int:
    """Address of an array's first element; the caller keeps the array alive."""
    if not array.flags.c_contiguous:
        raise ValueError("array must be contiguous to be shared with the engine")
    return int(array.ctypes.data)

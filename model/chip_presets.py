# SPDX-License-Identifier: BSD-3-Clause
"""Chips by name: the shapes and devices that were published, and our choice of everything else.

Not published, and chosen here: the statistics of every chip, the 2 Ohm of a wire segment of the passive arrays (their
drivers and amplifiers without resistance), and how cells are written, but for what ``Writing`` says. ``borders`` and
``demo`` have ideal wires: give them some with ``chip.replace(wires=Wires(row_segment=1.0, col_segment=1.0))``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .array import Wires
from .device import Cell, published
from .dies import DefectStatistics
from .geometry import preset as geometry_preset
from .sensing import Adc, Amplifier, Sensing
from .writing import WRITING_PRESETS, Writing

#: Wires of the passive arrays.
PASSIVE_WIRES = Wires(row_segment=2.0, col_segment=2.0)


def _plain(name: str) -> dict[str, Any]:
    geometry = geometry_preset(name)
    return {
        "geometry": geometry,
        "cell": Cell.preset(name),
        "sensing": Sensing(adc_bits=geometry.adc_bits),
        "statistics": DefectStatistics.demo(),
        "repair_mode": "pair_check",
        "writing": WRITING_PRESETS[name],
    }


def _passive(name: str) -> dict[str, Any]:
    return {**_plain(name), "wires": PASSIVE_WIRES}


def _goodwill(device: str) -> dict[str, Any]:
    """The 15 x 15 passive array with another published junction."""
    name = f"goodwill-{device.removeprefix('mtj-')}"
    parts, junction = _passive("goodwill"), published(device).junction
    writing = WRITING_PRESETS.get(name) or _scaled(parts["writing"], device)
    return {**parts, "cell": junction.cell(r_access=0.0, v_read=0.0), "writing": writing}


def _scaled(writing: Writing, device: str) -> Writing:
    """The same pulses for another junction, in units of its critical voltages."""
    old, new = published(writing.junction).junction, published(device).junction

    def scaled(codes: tuple[int, ...], ratio: Any) -> tuple[int, ...]:
        return tuple(round(code * float(ratio)) for code in codes)

    return writing.replace(
        junction=device,
        levels_p=scaled(writing.levels_p, new.v_c0_to_p / old.v_c0_to_p),
        levels_ap=scaled(writing.levels_ap, new.v_c0_to_ap / old.v_c0_to_ap),
    )


def _borders_12bit() -> dict[str, Any]:
    """The published converters: 12 bits, 2 kOhm, 1.74 V; codes are 0.61 uA."""
    parts = _plain("borders")
    geometry = parts["geometry"].replace(name="borders-12bit", adc_bits=12)
    sensing = Sensing.from_converters(Adc(), Amplifier(), geometry, parts["cell"], v_read=0.1)
    return {**parts, "geometry": geometry, "sensing": sensing}


def _icebreaker() -> dict[str, Any]:
    """The demo chip as the board of that name holds it: no column repair, converters of six bits."""
    geometry = geometry_preset("icebreaker")
    return {
        **_plain("demo"),
        "geometry": geometry,
        "sensing": Sensing(adc_bits=geometry.adc_bits),
        "repair_mode": "none",
    }


#: Fields of ``Chip`` by preset.
CHIP_PRESETS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "borders": lambda: _plain("borders"),
    "borders-12bit": _borders_12bit,
    "demo": lambda: _plain("demo"),
    "drolet": lambda: _passive("drolet"),
    "goodwill": lambda: _passive("goodwill"),
    "icebreaker": _icebreaker,
    "goodwill-40nm": lambda: _goodwill("mtj-40nm"),
    "goodwill-11nm": lambda: _goodwill("mtj-11nm"),
}

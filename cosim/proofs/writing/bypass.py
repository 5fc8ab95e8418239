# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed where there is no writer: reads and codes pass, and nothing is ever driven or reported."""

from __future__ import annotations

from amaranth import Cat, Value
from spintile.model.geometry import Geometry
from spintile.rtl.writing.bypass import WriterBypass

from ...formal import Properties

__all__ = ["bypass"]


def bypass(geometry: Geometry, block: type[WriterBypass] = WriterBypass) -> Properties:
    """Any reads, codes, registers and commands, in every cycle."""
    properties = Properties(f"writer's bypass of {geometry.name}")
    unit = properties.block(block(geometry)).block
    for name, source, sink in (("reads", unit.rows, unit.read_rows), ("codes", unit.read_codes, unit.codes)):
        same = (sink.valid == source.valid) & (Value.cast(sink.payload) == Value.cast(source.payload))
        properties.claim(f"{name}_pass", same)
        properties.claim(f"{name}_wait_for_who_takes_them", source.ready == sink.ready)
        properties.cover(f"{name}_are_taken", sink.valid & sink.ready)
    drive = unit.drive
    # Outputs that nothing drives: no fault of a signal can change them, so they are not counted.
    properties.lemma("no_pulse", ~Cat(drive.claim, drive.active, drive.pulse, drive.level).any())
    properties.lemma("nothing_is_reported", ~unit.report.tvalid)
    properties.lemma("reads_are_the_inference_s", ~unit.active & ~Value.cast(unit.status).any())
    properties.claim("a_soft_reset_drops_reads", unit.drop == unit.soft_reset)
    return properties

# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the whole chip's ports: the rules of its buses, and traces that show what was handed over."""

from __future__ import annotations

from typing import Any

from amaranth import Cat, Signal, Value
from spintile.model.geometry import Geometry
from spintile.rtl.tokens import codes_token
from spintile.rtl.top import Top
from spintile.rtl.twin.twin_top import TwinTop

from ...formal import Opened, Properties
from ..axi import stream_source, subordinate

__all__ = ["chip_ports", "traces", "twin_ports"]

#: What the ports do not depend on: whatever these modules do, the claims hold.
_INSIDE = ("registers", "program", "counters", "memory", "sequencer", "gather", "read_path", "accumulator")
_INSIDE_WRITER = ("controller", "targets", "steps", "pulses")


def chip_ports(geometry: Geometry, block: type[Top] = Top) -> Properties:
    """AXI4-Lite and the streams of the periphery; a soft reset is a reset of the streams."""
    properties = Properties(f"ports of {geometry.name}")
    opened = properties.block(block(geometry), "chip", cut=_cut(""))
    _rules(properties, opened, opened.block, "")
    return properties


def twin_ports(geometry: Geometry, block: type[TwinTop] = TwinTop) -> Properties:
    """The same of the periphery with its twin, and the stream of the die, which is always taken."""
    properties = Properties(f"ports of {geometry.name} with its twin")
    cut = (*_cut("periphery."), "twin.memory", "twin.scan", "twin.sums", "twin.comparators", "twin.direct_codes")
    opened = properties.block(block(geometry), "chip", cut=cut)
    _rules(properties, opened, opened.block, "periphery.")
    properties.claim("a_die_is_always_taken", opened.block.die.tready)
    loader = {name: opened[f"twin.loader.{name}"] for name in ("loaded", "error")}
    properties.claim("a_loaded_die_is_shown", opened.block.loaded == loader["loaded"])
    properties.claim("a_cut_die_is_shown", opened.block.error == loader["error"])
    properties.cover("a_die_is_cut", opened.block.error)
    return properties


def _cut(inside: str) -> tuple[str, ...]:
    return tuple(f"{inside}{name}" for name in (*_INSIDE, *(f"writer.{name}" for name in _INSIDE_WRITER)))


def _rules(properties: Properties, opened: Opened, chip: Any, inside: str) -> None:
    """Claims about the ports that a host sees."""
    bus = chip.s_axi
    owed = subordinate(properties, bus)
    held = {"data": ~bus.wready, "addresses": ~bus.awready}
    for name, inner in held.items():
        properties.claim(f"{name}_are_counted", getattr(owed, name) == inner + bus.bvalid)
    properties.claim("reads_are_counted", owed.reads == ~bus.arready + bus.rvalid)
    reading = opened[f"{inside}bus.reading"]
    properties.claim("a_read_goes_on_in_its_second_cycle", ~reading | (~bus.arready & ~bus.rvalid))
    properties.claim("waits_for_reads_are_counted", bus.rvalid | bus.arready | (owed.waited == reading))
    soft_reset = opened[f"{inside}soft_reset"]
    stream_source(properties, "result", chip.result, soft_reset)
    stream_source(properties, "report", chip.report, soft_reset)
    dropped = properties.past(soft_reset)
    quiet = ~dropped | ~(chip.result.tvalid | chip.report.tvalid)
    properties.claim("streams_are_quiet_after_a_soft_reset", quiet)
    properties.claim("every_result_is_a_packet", chip.result.tlast == 1)
    enable, error = opened[f"{inside}control"][0], opened[f"{inside}loader.error"]
    properties.claim("no_image_is_taken_while_disabled", ~chip.image.tready | (enable & ~error))
    properties.cover("an_image_word_is_taken", chip.image.tvalid & chip.image.tready)


def traces(geometry: Geometry, block: type[Top] = Top) -> Properties:
    """A trace is valid in the cycle of a handover, and carries what was handed over."""
    properties = Properties(f"traces of {geometry.name}")
    cut = ("bus", "registers", "program", "counters", "loader", "memory", "sequencer", "gather", "accumulator")
    chip = properties.block(
        block(geometry, trace=True), "chip", cut=(*cut, "read_path.row_driver", "writer.controller")
    )
    trace, result = chip.block.trace, chip.block.result
    taken = result.tvalid & result.tready
    properties.claim("a_result_is_traced_when_it_is_taken", trace.result.valid == taken)
    word = Cat(trace.result.label[:8], trace.result.image[:24])
    properties.claim("a_traced_result_is_the_one_taken", ~taken | (result.tdata == word))

    def handed(name: str, fields: dict[str, Value], valid: Value, payload: Any) -> None:
        traced = getattr(trace, name)
        properties.claim(f"{name}_are_traced_when_they_are_taken", traced.valid == valid)
        same = Value.cast(1)
        for field, value in fields.items():
            same &= getattr(traced, field) == value
        properties.claim(f"traced_{name}_are_those_taken", ~valid | same)
        properties.cover(f"{name}_are_traced", traced.valid)

    codes = chip.view("read_path.codes__payload", codes_token(geometry))
    tag = codes.tag
    fields = {name: codes[name] for name in ("count", "kernel", "plane", "replica", "flagged")}
    fields |= {"codes": Value.cast(codes.codes), "image": tag.image, "ordinal": tag.ordinal, "layer": tag.layer}
    ready: Signal = chip["read_path.codes__ready"]
    handed("codes", fields, chip["read_path.codes__valid"] & ready & ~chip["writer.active"], codes)
    properties.cover("a_result_is_traced", trace.result.valid)
    return properties

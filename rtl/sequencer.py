# SPDX-License-Identifier: BSD-3-Clause
"""Sequencer: runs each layer's program of reads and emits, with images overlapping across layers."""

from __future__ import annotations

from amaranth import Array, Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout, StructLayout
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from spintile.model.geometry import INSTRUCTIONS, LAYER, Geometry, Opcode

from .features import FULL, Features
from .stream_fifo import StreamFifo
from .tokens import ADDRESS, Flow, emit_token, read_token

__all__ = ["Sequencer"]

_PENDING_MOST = 7


class Sequencer(Component):
    """Fetches, decodes and loops; one instruction per cycle, two for the ``NEXT`` that jumps back.

    *Overlap.* Iteration t runs layer l on image t-l, for l = 0 .. layers-1, so that layers of up to ``layers`` images
    are interleaved and the converters never wait for one image's dependencies::

        iteration        0      1         2              3
        layer 0 on     | i0   | i1      | i2           | i3           |
        layer 1 on     |      | i0      | i1           | i2           |
        layer 2 on     |      |         | i0           | i1           |

    Before layer l runs on an image, the activation must have committed layer l-1 of the iteration before; by then
    that is long done unless images are few. An iteration starts when any image has a layer to run; layer 0 is left
    out when no image waits. What layer l wrote for image i is read in the next iteration and overwritten in the one
    after (image i+2 has the same half), so nothing is overwritten before it is read.

    *Loops.* ``LOOP`` saves where it stands, source and destination address; ``NEXT`` adds its steps and jumps back
    while iterations remain, else it restores both addresses and goes on.

    *Errors* stop the sequencer until reset: tokens already issued still run.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    features : Features
        Depth of the queues of reads and emits.

    Members
    -------
    enable : In(1)
        New images are begun while it is 1; images under way always finish.
    layers : In(4)
        Layers of the network, 1 .. layer_limit.
    layer_words : In(32 * layer_limit)
        Layer words (``geometry.LAYER``): start of the program and ordinal of the first read.
    first_image : In(32)
        Index of the first image begun after reset or ``restart``; the next ones count up.
    restart : In(1)
        Starts counting again from ``first_image``, in the next cycle.
    waiting : In(2), take : Out(1)
        Images loaded and not begun; ``take`` begins the oldest.
    done : In(Flow of layer number)
        The activation has committed a whole run of that layer.
    instruction_address : Out(12), instruction_word : In(64)
        Instruction memory: address in cycle t, word in cycle t+1.
    reads : Out(stream of ReadToken), emits : Out(stream of EmitToken)
        In program order; a ``READ`` goes before the ``EMIT`` that follows it. An ``END`` is an emit with ``end`` set.
    active : Out(1)
        An iteration is under way.
    illegal_instruction : Out(1)
        Sticky: an opcode that does not exist, a program counter past the memory, a ``READ`` without segments or of a
        kernel that does not exist, an ``EMIT`` of no lanes or bits, of more lanes than pairs or more bits than an
        activation has.
    loop_error : Out(1)
        Sticky: more nested loops than ``loop_depth``, a loop of no iterations, ``NEXT`` outside or ``END`` inside one.
    """

    def __init__(self, geometry: Geometry, features: Features = FULL) -> None:
        self.geometry = geometry
        self.features = features
        super().__init__(
            {
                "enable": In(1),
                "layers": In(4),
                "layer_words": In(ArrayLayout(unsigned(32), geometry.layer_limit)),
                "first_image": In(32),
                "restart": In(1),
                "waiting": In(2),
                "take": Out(1),
                "done": In(Flow(unsigned(3))),
                "instruction_address": Out(12),
                "instruction_word": In(64),
                "reads": Out(stream.Signature(read_token(geometry))),
                "emits": Out(stream.Signature(emit_token())),
                "active": Out(1),
                "illegal_instruction": Out(1),
                "loop_error": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Scheduler of layers and images, fetch, loops, tokens."""
        m = Module()
        geometry = self.geometry
        limit = geometry.layer_limit
        m.submodules.read_queue = read_queue = StreamFifo(read_token(geometry), self.features.reads_ahead)
        m.submodules.emit_queue = emit_queue = StreamFifo(emit_token(), self.features.emits_ahead)
        connect(m, read_queue.o, flipped(self.reads))
        connect(m, emit_queue.o, flipped(self.emits))

        # The image that each layer works on in this iteration, and runs of each layer that are not yet committed.
        place = StructLayout({"valid": unsigned(1), "image": unsigned(32), "half": unsigned(1)})
        places = [Signal(place, name=f"place{number}") for number in range(limit)]
        pending = [Signal(range(_PENDING_MOST + 1), name=f"pending{number}") for number in range(limit)]
        layer = Signal(range(max(2, limit)))
        current = Signal(place)
        m.d.comb += current.eq(Array(places)[layer])

        next_image = Signal(32)
        next_half = Signal()
        counted = Signal()  # next_image has been taken over from first_image
        with m.If(self.restart | ~counted):
            m.d.sync += [next_image.eq(self.first_image), counted.eq(~self.restart)]

        pc = Signal(13)
        following = Signal(13)
        m.d.comb += following.eq(pc + 1)
        fetched = Signal()
        source, destination = Signal(ADDRESS), Signal(ADDRESS)
        ordinal = Signal(LAYER["ordinal"].width)
        loop = StructLayout({"remaining": unsigned(16), "pc": unsigned(13), "source": ADDRESS, "destination": ADDRESS})
        loops = Array(Signal(loop, name=f"loop{number}") for number in range(geometry.loop_depth))
        level = Signal(range(geometry.loop_depth + 1))
        innermost = Signal(range(max(2, geometry.loop_depth)))
        top = Signal(loop)
        m.d.comb += [innermost.eq(level - 1), top.eq(loops[innermost])]

        word = self.instruction_word
        read, emit, begin, step = (
            {name: self._field(word, opcode, name) for name in INSTRUCTIONS[opcode]}
            for opcode in (Opcode.READ, Opcode.EMIT, Opcode.LOOP, Opcode.NEXT)
        )
        goes_on = Signal()  # this instruction is done and the next one in memory follows
        m.d.comb += self.instruction_address.eq(Mux(goes_on, following, pc)[:12])
        with m.If(goes_on):
            m.d.sync += pc.eq(following)

        token, event = read_queue.i.payload, emit_queue.i.payload
        m.d.comb += [
            token.source.eq(source + read["source"]),
            token.half.eq(current.half),
            token.tag.image.eq(current.image),
            token.tag.ordinal.eq(ordinal),
            token.tag.layer.eq(layer),
            event.destination.eq(destination + emit["destination"]),
            event.half.eq(current.half),
            event.image.eq(current.image),
            event.layer.eq(layer),
        ]
        for name in ("kernel", "segment", "segments", "plane", "first", "last", "replica", "flagged"):
            m.d.comb += token[name].eq(read[name])
        for name in set(emit) - {"opcode", "destination"}:
            m.d.comb += event[name].eq(emit[name])

        opcode = read["opcode"]
        illegal, bad_loop = Signal(), Signal()
        with m.Switch(opcode):
            with m.Case(Opcode.READ):
                m.d.comb += illegal.eq((read["segments"] == 0) | (read["kernel"] >= geometry.kernels))
            with m.Case(Opcode.EMIT):
                bad_bits = (emit["bits"] == 0) | (emit["bits"] > geometry.activation_bits)
                bad_lanes = (emit["lanes"] == 0) | (emit["lanes"] > geometry.pairs)
                m.d.comb += illegal.eq(bad_lanes | (~emit["output"] & bad_bits))
            with m.Case(Opcode.LOOP):
                m.d.comb += bad_loop.eq((level == geometry.loop_depth) | (begin["count"] == 0))
            with m.Case(Opcode.NEXT):
                m.d.comb += bad_loop.eq(level == 0)
            with m.Case(Opcode.END):
                m.d.comb += bad_loop.eq(level != 0)
            with m.Default():
                m.d.comb += illegal.eq(1)
        with m.If(pc >= geometry.instruction_depth):
            m.d.comb += illegal.eq(1)

        blocked = Signal()
        before = Array([Const(0, 3), *pending[:-1]])[layer]
        before_ran = Array([Const(1, 1), *(p.valid for p in places[:-1])])[layer]
        m.d.comb += blocked.eq((before > before_ran) | (Array(pending)[layer] == _PENDING_MOST))
        last_layer = layer + 1 == self.layers
        begins, ends = Signal(), Signal()
        m.d.comb += begins.eq(self.enable & (self.waiting != 0))
        carried = [places[number].valid & (number + 1 < self.layers) for number in range(limit - 1)]

        # What an instruction that stops the sequencer has behind it is fetched, too: whether it stops is known late.
        running = Signal()
        with m.If(running & fetched), m.Switch(opcode):
            with m.Case(Opcode.READ):
                m.d.comb += goes_on.eq(read_queue.i.ready)
            with m.Case(Opcode.EMIT):
                m.d.comb += goes_on.eq(emit_queue.i.ready)
            with m.Case(Opcode.LOOP):
                m.d.comb += goes_on.eq(1)
            with m.Case(Opcode.NEXT):
                m.d.comb += goes_on.eq(top.remaining == 0)

        with m.FSM(name="state") as state:
            m.d.comb += running.eq(state.ongoing("run"))
            m.d.comb += self.active.eq(~state.ongoing("between"))
            with m.State("between"), m.If(begins | Cat(carried).any()):
                m.d.comb += self.take.eq(begins)
                m.d.sync += [places[0].valid.eq(begins), layer.eq(0)]
                with m.If(begins):
                    m.d.sync += [
                        places[0].image.eq(next_image),
                        places[0].half.eq(next_half),
                        next_image.eq(next_image + 1),
                        next_half.eq(~next_half),
                    ]
                for number in range(1, limit):
                    m.d.sync += [places[number].eq(places[number - 1]), places[number].valid.eq(carried[number - 1])]
                m.next = "layer"
            with m.State("layer"):
                with m.If(~current.valid):
                    m.d.sync += layer.eq(layer + 1)
                    with m.If(last_layer):
                        m.next = "between"
                with m.Elif(~blocked):
                    start = self.layer_words[layer]
                    m.d.sync += [
                        pc.eq(self._part(start, "start")),
                        ordinal.eq(self._part(start, "ordinal")),
                        source.eq(0),
                        destination.eq(0),
                        level.eq(0),
                        fetched.eq(0),
                    ]
                    m.next = "run"
            with m.State("run"):
                m.d.sync += fetched.eq(1)
                with m.If(fetched & (illegal | bad_loop)):
                    m.d.sync += [self.illegal_instruction.eq(illegal), self.loop_error.eq(~illegal)]
                    m.next = "stopped"
                with m.Elif(fetched), m.Switch(opcode):
                    with m.Case(Opcode.READ):
                        m.d.comb += read_queue.i.valid.eq(1)
                        with m.If(read_queue.i.ready):
                            m.d.sync += ordinal.eq(ordinal + 1)
                    with m.Case(Opcode.EMIT):
                        m.d.comb += emit_queue.i.valid.eq(1)
                    with m.Case(Opcode.LOOP):
                        m.d.sync += [
                            level.eq(level + 1),
                            loops[level].remaining.eq(begin["count"] - 1),
                            loops[level].pc.eq(following),
                            loops[level].source.eq(source),
                            loops[level].destination.eq(destination),
                        ]
                    with m.Case(Opcode.NEXT):
                        with m.If(top.remaining != 0):
                            m.d.sync += [
                                loops[innermost].remaining.eq(top.remaining - 1),
                                source.eq(source + step["source_step"]),
                                destination.eq(destination + step["destination_step"]),
                                pc.eq(top.pc),
                                fetched.eq(0),
                            ]
                        with m.Else():
                            m.d.sync += [
                                source.eq(top.source),
                                destination.eq(top.destination),
                                level.eq(level - 1),
                            ]
                    with m.Case(Opcode.END):
                        m.d.comb += [emit_queue.i.valid.eq(1), event.end.eq(1), ends.eq(emit_queue.i.ready)]
                        with m.If(ends):
                            m.d.sync += layer.eq(layer + 1)
                            m.next = "layer"
                            with m.If(last_layer):
                                # It is done with: a network of more layers, loaded later, must not go on with it.
                                m.d.sync += Array(places)[layer].valid.eq(0)
                                m.next = "between"
            with m.State("stopped"):
                pass

        for number, runs in enumerate(pending):
            more = ends & (layer == number)
            fewer = self.done.valid & (self.done.payload == number)
            m.d.sync += runs.eq(runs + more - fewer)
        return m

    @staticmethod
    def _field(word: Value, opcode: Opcode, name: str) -> Value:
        """A field of the instruction word, signed where the table says so."""
        field = INSTRUCTIONS[opcode][name]
        value = word[field.low : field.low + field.width]
        return value.as_signed() if field.signed else value

    @staticmethod
    def _part(word: Value, name: str) -> Value:
        """A field of a layer word."""
        field = LAYER[name]
        return word[field.low : field.low + field.width]

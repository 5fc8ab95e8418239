# SPDX-License-Identifier: BSD-3-Clause
"""The whole periphery: host side, program, data path, and the pins of the array."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, ResetInserter, Signal, Value
from amaranth.lib.wiring import Component, In, Out, Signature, connect, flipped
from spintile.model.geometry import Geometry

from .accumulator import Accumulator
from .activation import Activation
from .activation_memory import ActivationMemory, half_words
from .axi_lite import AxiLite, AxiLiteSubordinate
from .counters import Counters
from .features import ALL_REPAIRS, FULL, Features
from .gather import Gather
from .image_loader import AxiStream, ImageLoader
from .pins import ArrayPins
from .program_memory import ProgramMemory
from .read_path import ReadPath
from .register_file import RegisterFile
from .sequencer import Sequencer
from .trace import TracePins
from .writing.bypass import WriterBypass
from .writing.writer import Writer

__all__ = ["Top"]


class Top(Component):
    """The chip's CMOS periphery. One clock, ``clk``; ``rst`` is synchronous.

    ::

        s_axi -> bus -> registers -> program memory
                                        |    |    +-------------------------thresholds------------+
                          instructions  |    | segments                                           v
        image -> loader ..waiting..> sequencer -> gather -> read path -> accumulator -> activation -> result
                   |                     ^          ^       |       |                    |   |
                   +--> activation memory ..........+       |       |                    |   |
                          ^              |                  v       v                    |   |
                          |              |                  array pins                   |   |
                          +--------------|------------activations------------------------+   |
                                         +............layer done.............................+

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    trace : bool
        Whether the ``trace`` ports are there.
    features : Features
        What is built.

    Members
    -------
    s_axi : In(AxiLite)
        Registers and program (``registers.register_map``).
    image : In(AxiStream of word_bits)
        Images: BEATS words each, ``tlast`` with the last one.
    result : Out(AxiStream of 32)
        One word per image, in the order of the images: class in bits 7:0, low 24 bits of the image's index above.
    report : Out(AxiStream of 64)
        Words of the write controller, ``geometry.REPORT_WORD``; ``tlast`` with the last word of a command.
    array : Out(ArrayPins)
        Pins of the array of one kernel group.
    trace : Out(TracePins)
        Only with ``trace``.
    """

    def __init__(self, geometry: Geometry, *, trace: bool = False, features: Features = FULL) -> None:
        self.geometry = geometry
        self.features = features
        self._trace = trace
        members = {
            "s_axi": In(AxiLite()),
            "image": In(AxiStream(geometry.word_bits)),
            "result": Out(AxiStream(32)),
            "report": Out(AxiStream(64)),
            "array": Out(ArrayPins(geometry)),
        }
        if trace:
            members["trace"] = Out(TracePins(geometry))
        super().__init__(Signature(members))

    def elaborate(self, platform: object) -> Module:
        """Blocks and wires."""
        m = Module()
        geometry, features = self.geometry, self.features
        m.submodules.bus = bus = AxiLiteSubordinate()
        m.submodules.registers = registers = RegisterFile(geometry, features)
        m.submodules.program = program = ProgramMemory(geometry)
        m.submodules.counters = counters = Counters()
        connect(m, flipped(self.s_axi), bus.bus)
        connect(m, bus.access, registers.access)
        for name in ("instruction", "segment", "threshold"):
            for side in (name, f"{name}_read"):
                connect(m, getattr(registers, side), getattr(program, side))

        # Everything below forgets what it was doing on a soft reset; registers and memories keep what they hold.
        soft_reset = registers.control.soft_reset
        loader, memory = ImageLoader(geometry), ActivationMemory(geometry)
        sequencer, gather = Sequencer(geometry, features), Gather(geometry, features)
        m.submodules.loader = ResetInserter(soft_reset)(loader)
        m.submodules.memory = ResetInserter(soft_reset)(memory)
        m.submodules.sequencer = ResetInserter(soft_reset)(sequencer)
        m.submodules.gather = ResetInserter(soft_reset)(gather)
        m.submodules.writer = writer = Writer(geometry) if features.writing else WriterBypass(geometry)
        m.submodules.read_path = read_path = ReadPath(geometry)
        m.submodules.accumulator = accumulator = Accumulator(geometry, features)
        m.submodules.activation = activation = Activation(geometry)
        m.d.comb += [block.abort.eq(soft_reset) for block in (accumulator, activation)]
        m.d.comb += [read_path.abort.eq(writer.drop), writer.soft_reset.eq(soft_reset)]

        connect(m, flipped(self.image), loader.image)
        connect(m, loader.memory, memory.image)
        connect(m, sequencer.reads, gather.reads)
        connect(m, gather.memory, memory.read)
        connect(m, gather.rows, writer.rows)
        connect(m, writer.read_rows, read_path.rows)
        connect(m, writer.drive, read_path.write)
        connect(m, read_path.codes, writer.read_codes)
        connect(m, writer.codes, accumulator.codes)
        for name in ("target", "target_read", "step_p", "step_ap"):
            connect(m, getattr(registers, name), getattr(writer, name))
        connect(m, writer.report, flipped(self.report))
        connect(m, registers.flag, accumulator.flag)
        connect(m, registers.flag_read, accumulator.flag_read)
        connect(m, accumulator.acc, activation.acc)
        connect(m, sequencer.emits, activation.emit)
        connect(m, activation.write, memory.write)
        connect(m, read_path.array, flipped(self.array))
        m.d.comb += [
            program.instruction_address.eq(sequencer.instruction_address),
            sequencer.instruction_word.eq(program.instruction_word),
            program.segment_address.eq(gather.segment_address),
            gather.segment_word.eq(program.segment_word),
            program.threshold_address.eq(activation.threshold_address),
            activation.threshold_data.eq(program.threshold_word),
            sequencer.waiting.eq(loader.waiting),
            loader.take.eq(sequencer.take),
            sequencer.done.valid.eq(activation.layer_done),
            sequencer.done.payload.eq(activation.done_layer),
            loader.release.eq(activation.layer_done & (activation.done_layer == 0)),
            self.result.tvalid.eq(activation.result.valid),
            self.result.tdata.eq(Cat(activation.result.payload.label[:8], activation.result.payload.image[:24])),
            self.result.tlast.eq(1),
            activation.result.ready.eq(self.result.tready),
        ]

        adc_bits, layers, beats = registers.adc_bits.value, registers.layers.value, registers.beats.value
        legal, enable = Signal(), Signal()
        m.d.comb += [
            legal.eq(
                (adc_bits != 0)
                & (adc_bits <= geometry.adc_bits)
                & (layers != 0)
                & (layers <= geometry.layer_limit)
                & (beats != 0)
                & (beats <= half_words(geometry))
            ),
            enable.eq(registers.control.enable & legal & ~writer.active & ~read_path.error),
            loader.enable.eq(enable),
            loader.beats.eq(beats),
            sequencer.enable.eq(enable),
            sequencer.layers.eq(layers),
            Value.cast(sequencer.layer_words).eq(Value.cast(registers.layer)),
            sequencer.first_image.eq(registers.image_index.value),
            sequencer.restart.eq(registers.image_index_written),
            read_path.adc_bits.eq(adc_bits),
            read_path.settle.eq(registers.settle.value),
            read_path.recover.eq(soft_reset),
            read_path.ready_limit.eq(registers.ready_limit.value),
            read_path.test.loop_back.eq(registers.test.loop_back),
            Value.cast(read_path.test.codes).eq(Cat(register.value for register in registers.test_code)),
            accumulator.offsets.eq(registers.offsets),
        ]
        settings = accumulator.settings
        m.d.comb += [
            settings.strict.eq(registers.repair.strict),
            settings.single_bit.eq(adc_bits == 1),
        ]
        mode = registers.repair.mode
        if features.repairs == ALL_REPAIRS:
            m.d.comb += Value.cast(settings.mode).eq(mode)
        else:
            m.d.comb += Value.cast(settings.mode).eq(
                Mux(Cat(mode == built for built in features.repairs).any(), mode, 0)
            )
        for name in ("peak", "difference", "margin_base", "margin_row"):
            m.d.comb += settings[name].eq(getattr(registers, name).value)
        for pair in range(geometry.pairs):
            pair_sum = registers.pair_sum[pair] if geometry.pairs > 1 else registers.pair_sum
            m.d.comb += settings.pair_sum[pair].eq(pair_sum.value)

        result_taken = Signal()
        m.d.comb += result_taken.eq(self.result.tvalid & self.result.tready)
        in_flight = Signal(8)
        misconfigured = Signal()
        m.d.sync += in_flight.eq(in_flight + loader.loaded - result_taken)
        with m.If(registers.control.enable & ~legal):
            m.d.sync += misconfigured.eq(1)
        with m.If(soft_reset):
            m.d.sync += [in_flight.eq(0), misconfigured.eq(0)]
        inferring = Signal()
        status = registers.status
        self._connect_writer(m, writer, registers, inferring | read_path.error)
        m.d.comb += [
            inferring.eq(~writer.active & ((in_flight != 0) | sequencer.active | ~read_path.idle)),
            status.busy.eq(inferring | writer.status.busy),
            registers.memories_free.eq(~registers.control.enable & ~status.busy),
            status.illegal_instruction.eq(sequencer.illegal_instruction),
            status.loop_error.eq(sequencer.loop_error),
            status.stream_error.eq(loader.error),
            status.configuration_error.eq(misconfigured),
            status.array_error.eq(read_path.error),
            writer.array_error.eq(read_path.error),
            status.images_in_flight.eq(in_flight),
            counters.clear.eq(registers.control.clear_counters),
            counters.busy.eq(inferring),
            counters.sample.eq(read_path.sampled & ~writer.active),
            counters.converting.eq(read_path.busy & ~writer.active),
            counters.result.eq(result_taken),
            registers.cycles.value.eq(counters.cycles),
            registers.reads.value.eq(counters.reads),
            registers.images.value.eq(counters.images),
            registers.converting.value.eq(counters.converting_cycles),
            registers.first_result.value.eq(counters.first_result),
            registers.last_result.value.eq(counters.last_result),
        ]
        if self._trace:
            codes_taken = read_path.trace.valid & ~writer.active
            self._traces(m, codes_taken, read_path, accumulator, activation, result_taken)
        return m

    def _connect_writer(self, m: Module, writer: Writer, registers: RegisterFile, chip_busy: Value) -> None:
        """Registers of the write controller."""
        command, options, settings = registers.write_command, registers.write_options, writer.settings
        m.d.comb += [
            writer.start.eq(command.start),
            writer.abort.eq(command.abort),
            writer.enable.eq(registers.control.enable),
            writer.chip_busy.eq(chip_busy),
            writer.adc_bits.eq(registers.adc_bits.value),
            settings.op.eq(command.op),
            settings.setup.eq(registers.write_setup.value),
        ]
        for name in ("steps", "repeats", "passes", "single", "passive", "float_unselected", "read_first"):
            m.d.comb += settings[name].eq(options[name])
        pairs = [(settings[lines], getattr(registers, f"write_{lines}")) for lines in ("kernels", "rows", "cols")]
        for region, register in pairs:
            m.d.comb += [region.first.eq(register.first), region.last.eq(register.last)]
        for window, register in ((settings.windows.p, registers.window_p), (settings.windows.ap, registers.window_ap)):
            m.d.comb += [window.low.eq(register.low), window.high.eq(register.high)]
        status = registers.write_status
        m.d.comb += [
            getattr(status, name).eq(writer.status[name])
            for name in ("busy", "refused", "configuration_error", "aborted")
        ]
        m.d.comb += [
            registers.write_failed.value.eq(writer.status.failed),
            registers.write_pulses.value.eq(writer.status.pulses),
        ]

    def _traces(
        self,
        m: Module,
        codes_taken: Value,
        read_path: ReadPath,
        accumulator: Accumulator,
        activation: Activation,
        result_taken: Signal,
    ) -> None:
        """Copies of the blocks' traces, field by field."""
        trace = self.trace
        sources = {
            "codes": (codes_taken, read_path.trace.payload),
            "acc": (accumulator.trace.valid, accumulator.trace.payload),
            "activation": (activation.trace.valid, activation.trace.payload),
            "result": (result_taken, activation.result.payload),
        }
        for name, (valid, payload) in sources.items():
            target = getattr(trace, name)
            m.d.comb += target.valid.eq(valid)
            for part in target.signature.members:
                if part == "valid":
                    continue
                tagged = "tag" in payload.shape().members and part in payload.tag.shape().members
                carrier = payload.tag if tagged else payload
                m.d.comb += getattr(target, part).eq(Value.cast(carrier[part]))

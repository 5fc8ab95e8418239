# SPDX-License-Identifier: BSD-3-Clause
"""The assembler shares what is alike, loops where it can, and says what does not fit its memories."""

from __future__ import annotations

import numpy as np
import pytest
from random_networks import hidden, output
from spintile.model.geometry import Opcode, decode, preset
from spintile.model.mapping import DoesNotFit, compile_network, place
from spintile.model.mapping.assemble import runs
from spintile.model.mapping.program import Program
from spintile.model.network import Network

RNG = np.random.default_rng(8)


def program(network: Network, **geometry: int) -> Program:
    chip = preset("borders").replace(**geometry)
    return compile_network(network, place(network, chip), codes_per_weight=1.0, adc_bits=4).program


def opcodes(words: Program) -> list[str]:
    return [decode(int(word))[0].name for word in words.instructions]


def test_runs_join_consecutive_addresses_on_consecutive_rows() -> None:
    assert runs([5, 6, 7, -1, 8, 20, 21, 3]) == (3, ((2, 3, 0), (5, 1, 4), (17, 2, 5), (0, 1, 7)))
    assert runs([-1, 9]) == (9, ((0, 1, 1),))


def test_slices_of_a_dense_layer_share_one_segment() -> None:
    words = program(Network((output(RNG, 10, 75),)))
    assert len(words.segments) == 1


def test_convolution_loops_over_pooled_positions() -> None:
    network = Network((hidden(RNG, (24, 5, 5, 1), (14, 14, 1), pool=2), output(RNG, 10, 600)))
    words = program(network)
    group = ["LOOP", "LOOP", *["READ", "EMIT"] * 4, "NEXT", "NEXT"]
    assert opcodes(words) == group * 2 + ["END"] + ["READ"] * 24 + ["EMIT", "END"]
    assert len(words.segments) == 6


def test_outer_loop_is_unrolled_where_loops_may_not_nest() -> None:
    network = Network((hidden(RNG, (2, 2, 2, 1), (4, 3, 1)), output(RNG, 2, 12)))
    words = program(network, loop_depth=1)
    assert opcodes(words) == ["LOOP", "READ", "EMIT", "NEXT"] * 3 + ["END", "READ", "EMIT", "END"]


def test_positions_in_one_row_need_one_loop() -> None:
    network = Network((hidden(RNG, (2, 1, 2, 1), (1, 5, 1)), output(RNG, 2, 8)))
    assert opcodes(program(network))[:4] == ["LOOP", "READ", "EMIT", "NEXT"]


def test_lanes_without_a_neuron_never_fire_and_never_win() -> None:
    words = program(Network((hidden(RNG, (3, 4), (4,), activation_bits=2), output(RNG, 2, 3, input_bits=2))))
    assert words.thresholds.shape == (4, 12)
    for word in range(3):
        assert [words.threshold(word, lane) for lane in range(3, 12)] == [((1 << 24) - 1, False)] * 9
    assert [words.threshold(3, lane) for lane in range(2, 12)] == [(-(1 << 24), False)] * 10


def test_invert_stands_in_the_first_threshold_word() -> None:
    layer = hidden(RNG, (6, 4), (4,), activation_bits=2)
    words = program(Network((layer, output(RNG, 2, 6, input_bits=2))))
    assert layer.invert is not None
    assert [words.threshold(0, lane)[1] for lane in range(6)] == layer.invert.tolist()
    assert not any(words.threshold(word, lane)[1] for word in (1, 2) for lane in range(6))


def test_one_output_is_binary() -> None:
    words = program(Network((output(RNG, 1, 3),)))
    opcode, fields = decode(int(words.instructions[1]))
    assert opcode is Opcode.EMIT
    assert fields["binary"] == fields["output_first"] == fields["output_last"] == 1


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        ({"instruction_depth": 16}, "program needs 31 instructions, geometry 'borders' has 16: 15 too few"),
        ({"segment_depth": 4}, "program needs 5 segments, geometry 'borders' has 4: 1 too few"),
        ({"threshold_depth": 2}, "program needs 3 threshold words, geometry 'borders' has 2: 1 too few"),
    ],
)
def test_memory_that_is_too_small_says_by_how_much(geometry: dict[str, int], message: str) -> None:
    network = Network((hidden(RNG, (24, 3, 3, 1), (6, 6, 1), pool=2), output(RNG, 10, 96)))
    with pytest.raises(DoesNotFit) as caught:
        program(network, **geometry)
    assert str(caught.value) == message

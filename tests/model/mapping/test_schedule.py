# SPDX-License-Identifier: BSD-3-Clause
"""Reads and emits come in the order of the contract, loop by loop."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from random_networks import fits, geometries, hidden, networks, output, shuffled
from spintile.model.geometry import Geometry, preset
from spintile.model.mapping import place, schedule
from spintile.model.network import Network

QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@QUICK
@given(network=networks(), geometry=geometries(), seed=st.integers(0, 1 << 32))
def test_reads_and_emits_follow_the_nested_loops(network: Network, geometry: Geometry, seed: int) -> None:
    assume(fits(network, geometry))
    placement = shuffled(network, geometry, np.random.default_rng(seed))
    plan = schedule(network, placement)
    ordinal = 0
    for layer, placed, scheduled in zip(network.layers, placement.layers, plan.layers, strict=True):
        emit = read = 0
        assert scheduled.ordinal == ordinal
        channels = layer.input_shape[-1]
        window = (1, 1) if layer.kind == "dense" else layer.weights.shape[1:3]
        sources = scheduled.row_sources()
        for group, neurons in enumerate(placed.groups):
            lanes = scheduled.lane_neurons[group].tolist()
            assert lanes == [*neurons] + [-1] * (geometry.pairs - len(neurons))
            assert scheduled.lanes(group) == len(neurons)
            for py in range(layer.output_shape[0]):
                for px in range(layer.output_shape[1]):
                    for wy in range(layer.pool):
                        for wx in range(layer.pool):
                            y, x = py * layer.pool + wy, px * layer.pool + wx
                            position = y * layer.map_shape[1] + x
                            assert scheduled.emit_group[emit] == group
                            assert scheduled.emit_pooled[emit] == py * layer.output_shape[1] + px
                            assert scheduled.emit_window[emit] == wy * layer.pool + wx
                            assert scheduled.emit_position[emit] == position
                            for index, rows in enumerate(placed.slices):
                                flat = []
                                for source in rows:
                                    ky, rest = divmod(source, window[1] * channels)
                                    kx, channel = divmod(rest, channels)
                                    width = 1 if layer.kind == "dense" else layer.input_shape[1]
                                    flat.append(((y + ky) * width + x + kx) * channels + channel if source >= 0 else -1)
                                flat += [-1] * (geometry.rows - len(flat))
                                assert sources[position, index].tolist() == flat
                                order = list(itertools.product(range(layer.copies), range(layer.input_bits)))
                                if layer.combine == "median":
                                    order.sort(key=lambda pair: pair[1])  # the copies of a plane follow one another
                                for copy, plane in order:
                                    assert scheduled.read_emit[read] == emit
                                    assert scheduled.read_kernel[read] == placed.kernels[group, index, copy]
                                    assert scheduled.read_slice[read] == index
                                    assert scheduled.read_copy[read] == copy
                                    assert scheduled.read_plane[read] == plane
                                    assert scheduled.read_replica[read] == (copy + 1) * (layer.combine == "median")
                                    assert scheduled.ordinals[read] == ordinal + read
                                    place = (group, py * layer.output_shape[1] + px, wy * layer.pool + wx)
                                    nested = scheduled.nested(scheduled.ordinals)
                                    assert nested[*place, index, copy, plane] == ordinal + read
                                    read += 1
                            emit += 1
        assert (scheduled.reads, scheduled.emits) == (read, emit)
        assert scheduled.reads == scheduled.emits * scheduled.reads_per_emit
        assert int(np.prod(scheduled.shape)) == read
        ordinal += read
    assert plan.reads_per_image == ordinal


def test_rows_and_columns_that_fill_no_window_are_never_read() -> None:
    rng = np.random.default_rng(0)
    network = Network((hidden(rng, (2, 2, 2, 1), (4, 6, 1), pool=2), output(rng, 2, 4)))
    first = schedule(network, place(network, preset("demo"))).layers[0]
    assert first.emit_position.tolist() == [0, 1, 5, 6, 2, 3, 7, 8]  # map of 3 x 5: last row and last column dropped


def test_reads_of_the_demo_networks() -> None:
    rng = np.random.default_rng(0)
    borders = preset("borders")
    dense = Network((hidden(rng, (36, 196), (196,)), output(rng, 10, 36)))
    assert schedule(dense, place(dense, borders)).reads_per_image == 26
    convolution = Network((hidden(rng, (24, 5, 5, 1), (14, 14, 1), pool=2), output(rng, 10, 600)))
    assert schedule(convolution, place(convolution, borders)).reads_per_image == 2 * 100 + 24

# SPDX-License-Identifier: BSD-3-Clause
"""A session answers as the golden model, says so when it does not, and outlives cables and buttons."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import numpy as np
import pytest
from demo_cases import FAULTY_CLASS, faulty, playing, subject
from spintile.cli.errors import BadInput
from spintile.cli.flows.fpga_demo.activity import golden_activity
from spintile.cli.flows.fpga_demo.pictures import Picture, known_picture
from spintile.model.dies import ideal_population


def digits(count: int) -> list[Picture]:
    return [known_picture(subject(), index) for index in range(count)]


def test_a_board_answers_one_digit_after_the_other(tmp_path: Path) -> None:
    with playing(tmp_path) as (session, _):
        answers = [session.ask(picture) for picture in digits(12)]
        state = session.state()
    assert all(answer.agrees for answer in answers)
    assert len({answer.class_ for answer in answers}) > 1
    assert (state["link"], state["asked"], state["wrong"]) == ("ready", 12, 0)
    shown = answers[3].as_dict()
    assert (shown["index"], shown["label"]) == (3, int(subject().dataset.test_labels[3]))
    assert np.array_equal(shown["input"], answers[3].picture.values)
    assert shown["scores"].index(max(shown["scores"])) == shown["golden"]
    assert shown["cycles"] is None  # this board has no counters


def test_a_board_that_lies_is_found_out(tmp_path: Path) -> None:
    with playing(tmp_path, faulty()) as (session, _):
        answers = [session.ask(picture) for picture in digits(8)]
        state = session.state()
    assert {answer.class_ for answer in answers} == {FAULTY_CLASS}
    wrong = sum(answer.activity.class_ != FAULTY_CLASS for answer in answers)
    assert wrong > 0
    assert sum(not answer.agrees for answer in answers) == state["wrong"] == wrong


def test_a_cable_that_is_pulled_is_said_and_what_comes_back_is_found(tmp_path: Path) -> None:
    (picture,) = digits(1)
    with playing(tmp_path) as (session, terminal):
        terminal.unplug(power=True)
        session.look()
        assert session.state()["link"] == "gone"
        lost = session.ask(picture)
        assert lost.class_ is None
        assert not lost.agrees
        assert "port: there is no such port: plug the board in" in lost.error == session.state()["message"]
        terminal.plug_in()
        session.look()
        assert (session.state()["link"], session.state()["returns"]) == ("ready", 1)
        assert session.ask(picture).agrees
        assert session.state()["message"] == ""


def test_a_button_that_is_pressed_needs_nobody(tmp_path: Path) -> None:
    with playing(tmp_path) as (session, terminal):
        seen = threading.Event()
        terminal.reset()
        with session.watched(every=0.02):
            for _ in range(1000):
                if session.state()["returns"] == 1 or seen.wait(0.02):
                    break
        assert session.state()["link"] == "ready"
        assert session.state()["returns"] == 1
        assert session.ask(digits(1)[0]).agrees


def test_another_die_answers_as_that_die(tmp_path: Path) -> None:
    pictures = digits(40)
    with playing(tmp_path, die=1) as (session, _):
        first = [session.ask(picture) for picture in pictures]
        session.become(0)
        second = [session.ask(picture) for picture in pictures]
        with pytest.raises(BadInput, match=r"^--die must be dies of population.nc \(0 to 1\), not 9$"):
            session.become(9)
        assert session.die == 0
    assert all(answer.agrees for answer in (*first, *second))
    assert [answer.class_ for answer in first] != [answer.class_ for answer in second]


def test_many_digits_at_once_give_a_rate(tmp_path: Path) -> None:
    with playing(tmp_path) as (session, _):
        found = session.measure(30, lambda step, done, remark="": None)
        assert (found["images"], found["wrong"], found["lost"]) == (30, 0, 0)
        assert found["images_per_second"] > 0
        assert session.state()["asked"] == 30


def test_activity_is_of_the_neurons_in_their_order() -> None:
    """Wherever they sit: on a die without defects most decide as in software, converters of six bits being coarse."""
    known = subject()
    ideal = ideal_population(known.chip.geometry, known.chip.cell)
    prepared = dataclasses.replace(known, population=ideal).prepared(0)
    images = np.stack([picture.inputs for picture in digits(60)])
    hidden, output = known.network.layers
    assert hidden.thresholds is not None
    assert output.bias is not None
    activities = [golden_activity(prepared, image) for image in images]
    found = np.stack([activity.layers[0].values[0] for activity in activities])
    bits = images.astype(int) @ hidden.weights.T.astype(int) >= hidden.thresholds[:, 0]
    same = found == bits
    assert same.mean() > 0.9
    # Neurons in another order would agree by chance.
    assert (found == bits[:, ::-1]).mean() < 0.8
    scores = np.stack([activity.scores for activity in activities]) / known.chip.codes_per_weight
    expected = found @ output.weights.T.astype(int) + output.bias
    assert np.abs(scores - expected).max() <= 2.0
    assert [activity.class_ for activity in activities] == scores.argmax(axis=1).tolist()

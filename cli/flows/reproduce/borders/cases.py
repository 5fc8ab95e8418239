# SPDX-License-Identifier: BSD-3-Clause
"""Which networks are trained, and what each is asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spintile.model.training.digits import Conditions

from .settings import MAIN, BordersSettings

if TYPE_CHECKING:
    from spintile.model.training.digits import Knowledge, RepairKind

#: Rate at which networks for given dies, the transfer matrix, the landscape and the RTL are [%].
STUDIED_RATE = 0.5


@dataclass(frozen=True)
class Training:
    """A kind of network, trained once with each seed.

    Parameters
    ----------
    regime : {"software", "statistics_aware", "die_aware"}
        What training knows.
    conditions : Conditions
        What it is trained for; of no effect on a network trained in software.
    die : int or None
        The die that it knows.
    fitted : int or None
        Its statistics are those fitted to so many dies; None: the true ones.
    further : bool
        Whether it goes on from ``START`` of the same seed, as all others do.
    brief : bool
        Whether that is one short course, as in tables of ways to train, and not the best of several rounds.
    """

    regime: Knowledge
    conditions: Conditions
    die: int | None = None
    fitted: int | None = None
    further: bool = True
    brief: bool = False


#: What others start from, and a network that knows nothing of devices and was trained on as long as others for reads
#: that are not repaired.
START = Training("software", Conditions(0.0, 6.0, False), further=False)
UNAWARE = Training("software", Conditions(0.0, 6.0, False))


@dataclass(frozen=True)
class Question:
    """A kind of network asked on dies, with each seed.

    Parameters
    ----------
    training : Training
    conditions : Conditions
        Of the dies.
    dies : int or tuple of int
        How many, or their identifiers.
    once : bool
        Only of the network of the first seed.
    """

    training: Training
    conditions: Conditions
    dies: int | tuple[int, ...]
    once: bool = False

    def seeds(self, settings: BordersSettings) -> range:
        """Seeds of the networks that are asked."""
        return range(1 if self.once else settings.seeds)


def conditions(rate: float, setting: tuple[float, bool] = MAIN, repair: RepairKind = "none") -> Conditions:
    """Conditions of a rate [%] under a strength of shorts, with or without wires."""
    return Conditions(rate, *setting, repair)


def aware(rate: float, setting: tuple[float, bool] = MAIN, repair: RepairKind = "none") -> Training:
    """A network trained for all dies of a rate [%]."""
    return Training("statistics_aware", conditions(rate, setting, repair))


def briefly_aware(rate: float, settings: BordersSettings) -> Training:
    """A network of the table of trained against true rates."""
    return dataclasses.replace(aware(rate), brief=_brief(settings))


def _brief(settings: BordersSettings) -> bool:
    """Whether tables of ways to train have a shorter course than other networks: not where all are of given epochs."""
    return settings.epochs is None


def network_for(given: Conditions, settings: BordersSettings) -> Training:
    """The network trained for the statistics that is asked under some conditions.

    One for each strength of shorts and kind of wires, whatever the rate. Repaired reads have one for each kind of
    wires, whatever the rate, the strength and the repair.
    """
    if given.repair != "none":
        return aware(settings.trained_repaired, (MAIN[0], given.wires), "flags")
    return Training("statistics_aware", given.replace(rate=settings.trained_rate))


def questions(settings: BordersSettings) -> list[Question]:
    """Everything that is asked, each question once."""
    found = [
        *_rate_questions(settings),
        *_mismatch_questions(settings),
        *_known_questions(settings),
        *_fitted_questions(settings),
        *_transfer_questions(settings),
    ]
    return list(dict.fromkeys(found))


def trainings(asked: Iterable[Question], settings: BordersSettings) -> list[tuple[Training, int]]:
    """Every network that is asked, once: its kind and its seed; and before them what they start from."""
    first = [(kind, seed) for kind in (START, UNAWARE) for seed in range(settings.seeds)]
    wanted = [(question.training, seed) for question in asked for seed in question.seeds(settings)]
    return list(dict.fromkeys([*first, *wanted]))


def _rate_questions(settings: BordersSettings) -> Iterable[Question]:
    repairs: Sequence[RepairKind] = ("none", "blind", "flags")
    for setting in settings.combinations:
        for rate in settings.swept:
            for repair in repairs:
                given = conditions(rate, setting, repair)
                yield Question(UNAWARE, given, settings.dies)
                yield Question(network_for(given, settings), given, settings.dies)


def _mismatch_questions(settings: BordersSettings) -> Iterable[Question]:
    for trained in settings.trained:
        for rate in settings.swept:
            yield Question(briefly_aware(trained, settings), conditions(rate), settings.dies)


def _known_questions(settings: BordersSettings) -> Iterable[Question]:
    for setting in settings.combinations:
        for rate in settings.known_rates:
            for die in range(settings.known_dies):
                given = conditions(rate, setting)
                yield Question(Training("die_aware", given, die), given, (die,))


def _fitted_questions(settings: BordersSettings) -> Iterable[Question]:
    for count in settings.fitted:
        yield fitted_question(count, settings)
    yield Question(UNAWARE, conditions(settings.trained_rate), settings.dies)


def fitted_question(count: int | None, settings: BordersSettings) -> Question:
    """A network trained on statistics fitted to so many dies, or on the true ones, asked on other dies."""
    given = conditions(settings.trained_rate)
    training = Training("statistics_aware", given, fitted=count, brief=_brief(settings))
    return Question(training, given, settings.dies)


def _transfer_questions(settings: BordersSettings) -> Iterable[Question]:
    given = conditions(STUDIED_RATE)
    for die in range(settings.transfer_dies):
        yield transfer_question(die, settings)
    for training in (UNAWARE, network_for(given, settings)):
        yield Question(training, given, settings.dies)


def transfer_question(die: int, settings: BordersSettings) -> Question:
    """A network made for one die, asked on every die of the transfer matrix."""
    given = conditions(STUDIED_RATE)
    return Question(Training("die_aware", given, die), given, settings.transfer_dies, once=True)


def landscape_trainings(settings: BordersSettings) -> dict[str, Training]:
    """Networks around which the loss is sampled, by name."""
    return {
        "unaware": UNAWARE,
        "statistics_aware": network_for(conditions(STUDIED_RATE), settings),
        "die_aware": Training("die_aware", conditions(STUDIED_RATE), 0),
    }


def training_setting(
    training: Training, seed: int, settings: BordersSettings, start: dict[str, Any] | None
) -> dict[str, Any]:
    """Arguments of the task that trains a network; ``start``: the network that it starts from."""
    return {
        "seed": seed,
        "regime": training.regime,
        "conditions": training.conditions.as_dict(),
        "data": settings.data,
        "epochs": settings.brief_epochs if training.brief else settings.epochs,
        "images": settings.train_images,
        "asked": settings.images,
        "start": start,
        "die": training.die,
        "fitted": training.fitted,
    }


def question_setting(question: Question, network: dict[str, Any], settings: BordersSettings) -> dict[str, Any]:
    """Arguments of the task that asks a network."""
    return {
        "network": placed_for(network, question.conditions),
        "conditions": question.conditions.as_dict(),
        "dies": question.dies,
        "data": settings.data,
        "images": settings.images,
    }


def placed_for(network: dict[str, Any], given: Conditions) -> dict[str, Any]:
    """The same function; where reads are repaired, the output three times by median, and the inputs shuffled."""
    from spintile.model.training.digits import pack_network, shuffled_network, unpack_network, with_outputs

    unpacked = unpack_network(network)
    if given.repair == "none":
        return pack_network(with_outputs(unpacked, False))
    return pack_network(with_outputs(shuffled_network(unpacked), True))

# SPDX-License-Identifier: BSD-3-Clause
"""The best network that one die of 20,000 devices holds: two small convolutions of multi-bit values.

Of 20 x 20 pixels and 4 bits: 11 filters of 5 x 5 (pooled 16 -> 8), 36 filters of 3 x 3 (pooled 6 -> 3), 10 outputs;
activations of 2 bits. Eleven filters, because 9 * 11 inputs fill four slices of 25 rows; 20 pixels, because both maps
halve without waste. The first layer is placed three times, its median counts: 28 of 32 kernels, 3,962 reads an image,
3,720 bits of activation memory. The bundled images of 14 x 14 take the same idea in maps of 10 -> 8 -> 4.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from ...spec import LayerSpec, NetworkSpec
from ..conditions import Conditions

#: Side of images that the network takes where there is a choice, and bits of each pixel.
SIDE = 20
INPUT_BITS = 4


@dataclass(frozen=True)
class BestPlan:
    """How the best network is trained.

    Parameters
    ----------
    teacher_epochs : int
        Of the floating-point teacher; 0: none.
    copies : int
        Copies of the training images, all but one of them warped.
    epochs, learning_rate
        Of training without an array.
    aware_epochs, aware_learning_rate
        Of training through drawn dies, afterwards; 0 epochs: none.
    dies : int
        Dies of each step, which share its images.
    rate, strength
        As in ``Conditions``: the highest defect rate met [%]; each step draws one below it.
    wires : bool
        Whether the drawn dies have wires.
    train_images : int or None
        Only the first training images; None: all.

    Raises
    ------
    ValueError
        If a field is out of range; the message names it.
    """

    teacher_epochs: int = 8
    copies: int = 10
    epochs: int = 40
    learning_rate: float = 0.03
    aware_epochs: int = 12
    aware_learning_rate: float = 0.006
    dies: int = 4
    rate: float = 0.6
    strength: float = 6.0
    wires: bool = True
    train_images: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("teacher_epochs", 0), ("copies", 1), ("epochs", 1), ("aware_epochs", 0), ("dies", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ValueError(f"best network: {name} must be an integer of at least {least}, not {value!r}")
        for name in ("learning_rate", "aware_learning_rate"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"best network: {name} must be between 0 and 1, not {getattr(self, name)!r}")

    @classmethod
    def quick(cls) -> BestPlan:
        """Half a minute: whether everything runs, not how well."""
        return cls(teacher_epochs=0, copies=1, epochs=4, aware_epochs=1, train_images=12_000)

    @classmethod
    def default(cls) -> BestPlan:
        """What the reported figures are measured with."""
        return cls()

    @property
    def conditions(self) -> Conditions:
        """What is trained for."""
        return Conditions(rate=self.rate, strength=self.strength, wires=self.wires, repair="flags")

    def as_dict(self) -> dict[str, Any]:
        """Fields by name: ``BestPlan(**fields)`` makes it again."""
        return dataclasses.asdict(self)


def best_spec(side: int) -> NetworkSpec:
    """The network for square images of a side.

    Raises
    ------
    ValueError
        If the images are too small for it.
    """
    if side < 14:
        raise ValueError(f"the best network needs images of at least 14 x 14 pixels, not {side} x {side}")
    first = LayerSpec(11, window=5, pool=2 if side >= SIDE else 1, activation_bits=2, copies=3, combine="median")
    filters = 36 if side >= SIDE else 24
    return NetworkSpec(
        (first, LayerSpec(filters, window=3, pool=2, activation_bits=2), LayerSpec(10)), input_bits=INPUT_BITS
    )

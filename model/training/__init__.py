# SPDX-License-Identifier: BSD-3-Clause
"""Training of binary networks through an array of devices. The only part of the model that needs torch."""

from .fitting import Progress, Regime, Settings, fit, train
from .model import ArrayNetwork
from .spec import LayerSpec, NetworkSpec

__all__ = ["ArrayNetwork", "LayerSpec", "NetworkSpec", "Progress", "Regime", "Settings", "fit", "train"]

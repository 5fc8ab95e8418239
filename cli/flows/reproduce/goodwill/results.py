# SPDX-License-Identifier: BSD-3-Clause
"""Figures of a run: medians with intervals by device, way of writing and scale; rank correlations; claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..claims import Claim
from .plan import HEADLINE

if TYPE_CHECKING:
    from .plan import Outcome

Floats = NDArray[np.float64]

#: The published median, "with proper tuning of network parameters" [%].
PUBLISHED = 95.3
_RESAMPLES = 2000
_STREAM = 0x424F4F54
#: Where each metric's relation to accuracy is looked at.
CORRELATED = ("one-pulse", "first-pulse", "verified", "defects")


def interval(values: Sequence[Floats], statistic: Callable[..., Any], stream: int = 0) -> tuple[float, float]:
    """95 % percentile interval of a statistic of some arrays (solutions,), solutions drawn again with repetition."""
    generator = np.random.default_rng([stream, _STREAM])
    index = generator.integers(0, len(values[0]), (_RESAMPLES, len(values[0])))
    drawn = np.asarray(statistic(*(value[index] for value in values)))
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    return float(low), float(high)


def _median(values: Floats) -> Any:
    return np.median(values, axis=-1)


def _mean(values: Floats) -> Any:
    return values.mean(axis=-1)


def accuracies(outcome: Outcome, key: tuple[str, str], part: str = "all") -> Floats:
    """Accuracy [%] of every solution of every seed, (scales, seeds * solutions).

    Parameters
    ----------
    outcome : Outcome
    key : (device, way of writing)
    part : {"all", "training", "held-out"}
        Which of a solution's samples; the parts of solutions trained elsewhere are not known.
    """
    found = []
    for result, chosen in zip(outcome.arrays[key], outcome.training, strict=True):
        weight = np.ones(result["correct"].shape[1:])
        if part != "all":
            assert chosen is not None
            weight = (chosen if part == "training" else ~chosen).astype(np.float64)
        found.append(100 * (result["correct"] * weight).sum(axis=2) / weight.sum(axis=1))
    return np.concatenate(found, axis=1)


def spread(values: Floats) -> dict[str, float]:
    """Median and mean with 95 % intervals, quartiles, least and largest [%]."""
    low, high = interval([values], _median)
    mean_low, mean_high = interval([values], _mean)
    return {
        "median": float(np.median(values)),
        "low": low,
        "high": high,
        "mean": float(values.mean()),
        "mean_low": mean_low,
        "mean_high": mean_high,
        "lower_quartile": float(np.quantile(values, 0.25)),
        "upper_quartile": float(np.quantile(values, 0.75)),
        "min": float(values.min()),
        "max": float(values.max()),
    }


def by_scale(outcome: Outcome) -> dict[str, Any]:
    """For each device and way of writing: each scale's figures, the tuned scale, and how well it was written."""
    from spintile.model.training.wine import SCALES, WRITES

    from .plan import tuned_scale

    report: dict[str, Any] = {}
    for key, results in outcome.arrays.items():
        device, write = key
        every = accuracies(outcome, key)
        tuned = tuned_scale(results, outcome.training)
        table = {f"{scale:g}": spread(every[i]) for i, scale in enumerate(SCALES)}
        entry = {"written": WRITES[write], "tuned": tuned, "at_tuned": table[f"{tuned:g}"], "scales": table}
        if outcome.training[0] is not None:
            at = SCALES.index(tuned)
            entry["training"] = spread(accuracies(outcome, key, "training")[at])
            entry["held_out"] = spread(accuracies(outcome, key, "held-out")[at])
        entry["fidelity"] = _fidelity(results)
        report.setdefault(device, {})[write] = entry
    return report


def held_fidelity(results: Sequence[Mapping[str, Any]]) -> Floats:
    """Share of each solution's cells that hold their state [%], (seeds * solutions,)."""
    from spintile.model.training.wine import CELLS

    return np.concatenate([100 * (1 - found["wrong"].sum(axis=1) / CELLS) for found in results])


def _fidelity(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Write fidelity [%] of all solutions: as the controller reads it first and last, and of the devices themselves."""
    columns = {
        "before_verify": np.concatenate([100 * found["before"] for found in results]),
        "after_verify": np.concatenate([100 * found["after"] for found in results]),
        "held": held_fidelity(results),
    }
    table: dict[str, Any] = {}
    for name, values in columns.items():
        low, high = interval([values], _mean)
        table[name] = {"mean": float(values.mean()), "low": low, "high": high, "min": float(values.min())}
    table["without_error"] = float((columns["held"] == 100).mean() * 100)
    table["pulses_per_cell"] = float(np.concatenate([found["pulses"] for found in results]).mean() / _cells())
    return table


def _cells() -> int:
    from spintile.model.training.wine import CELLS

    return CELLS


def predictors(outcome: Outcome) -> dict[str, Any]:
    """Spearman's rank correlation of each metric with accuracy at the tuned scale, by device and way of writing."""
    from spintile.model.training.wine import CELLS, METRICS, SCALES

    at = SCALES.index(outcome.tuned)
    report: dict[str, Any] = {}
    output_cells = 36
    for key, results in outcome.arrays.items():
        values = {name: np.concatenate([m[name] for m in outcome.metrics]) for name in outcome.metrics[0]}
        wrong = np.concatenate([found["wrong"] for found in results])
        values["fidelity"] = 1 - wrong.sum(axis=1) / CELLS
        values["fidelity-output"] = 1 - wrong[:, 1] / output_cells
        values["score-error"] = np.concatenate([found["score_error"][at] for found in results])
        accuracy = accuracies(outcome, key)[at]
        table = {}
        for name in METRICS:
            rank = float(_rank_correlation(values[name], accuracy))
            low, high = (np.nan, np.nan) if np.isnan(rank) else interval([values[name], accuracy], _rank_correlation)
            table[name] = {key_: _plain(v) for key_, v in (("rho", rank), ("low", low), ("high", high))}
        report.setdefault(key[0], {})[key[1]] = table
    return report


def _plain(value: float) -> float | None:
    """JSON has no NaN: a metric that is the same for all solutions has no rank."""
    return None if np.isnan(value) else float(value)


def _rank_correlation(first: Floats, second: Floats) -> Any:
    """Spearman's rho along the last axis, ties at their mean rank; NaN where one of both is constant."""
    from scipy.stats import rankdata

    a, b = (rankdata(values, axis=-1) for values in (first, second))
    a, b = (ranks - ranks.mean(axis=-1, keepdims=True) for ranks in (a, b))
    size = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (a * b).sum(axis=-1) / size


def best_predictor(table: Mapping[str, Any], known_before: bool = False) -> tuple[str, dict[str, float]]:
    """The metric of the largest rank correlation in magnitude; of those known before writing, if asked."""
    names = ("margin", "sensitivity", "ideal", "weights") if known_before else tuple(table)
    rated = [name for name in names if table[name]["rho"] is not None]
    if not rated:
        return "none", {"rho": 0.0, "low": 0.0, "high": 0.0}
    name = max(rated, key=lambda metric: abs(table[metric]["rho"]))
    return name, table[name]


def make_claims(outcome: Outcome, scales: Mapping[str, Any], rtl: Mapping[str, Any] | None) -> tuple[Claim, ...]:
    """What the page and the exit code judge."""
    device, write = HEADLINE
    entry = scales[device][write]
    head = entry["at_tuned"]
    many = f"{sum(len(group) for group in outcome.solutions)} solutions"
    claims = [
        Claim(
            f"median accuracy of {many} over the tuned scale, {device}, single pulses, spread and wires",
            f"at least {PUBLISHED} %",
            f"{head['median']:.1f} %",
            _words(head),
            head["median"] >= PUBLISHED,
        )
    ]
    for other, writes in scales.items():
        for way, found in writes.items():
            if (other, way) != HEADLINE:
                part = found["at_tuned"]
                claims.append(
                    Claim(
                        f"the same, {other}, {way.replace('-', ' ')}",
                        f"{PUBLISHED} %",
                        f"{part['median']:.1f} %",
                        _words(part),
                        part["median"] >= PUBLISHED,
                        judged=False,
                    )
                )
    if "held_out" in entry:
        held = entry["held_out"]
        claims.append(
            Claim(
                f"the same, {device}, single pulses, held out samples alone, mean",
                f"{PUBLISHED} %",
                f"{held['mean']:.1f} %",
                f"{held['mean_low']:.1f} … {held['mean_high']:.1f} % (95 %)",
                held["mean"] >= PUBLISHED,
                judged=False,
            )
        )
    if rtl is not None:
        claims.append(
            Claim(
                f"values that differ between RTL and golden model, {rtl['samples']} samples x {rtl['dies']} dies",
                "0",
                f"{rtl['mismatches']} of {rtl['compared']:,}",
                "",
                rtl["mismatches"] == 0 and rtl["compared"] > 0,
            )
        )
    return tuple(claims)


def _words(part: Mapping[str, float]) -> str:
    return f"{part['low']:.1f} … {part['high']:.1f} % (95 %)"


def make_report(
    outcome: Outcome,
    scales: Mapping[str, Any],
    related: Mapping[str, Any],
    claims: Sequence[Claim],
    rtl: Mapping[str, Any] | None,
    source: str,
) -> dict[str, Any]:
    """What ``report.json`` holds."""
    device, write = HEADLINE
    entry = scales[device][write]
    return {
        "experiment": "goodwill",
        "median": entry["at_tuned"]["median"],
        "interval": [entry["at_tuned"]["low"], entry["at_tuned"]["high"]],
        "published": PUBLISHED,
        "solutions": sum(len(group) for group in outcome.solutions),
        "source": source,
        "seeds": list(outcome.plan.seeds),
        "tuned": outcome.tuned,
        "headline": {"device": device, "write": write, **entry["at_tuned"]},
        "by_scale": scales,
        "predictors": related,
        "rtl": rtl,
        "claims": [claim.as_dict() for claim in claims],
    }

# SPDX-License-Identifier: BSD-3-Clause
"""Figures, claims and ``report.json``. Nothing in them depends on time, machine load or the folder."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...checks import provenance
from ..claims import Claim, MedianInterval
from . import cases
from .plan import DroletRun
from .settings import SEGMENT

#: Figures of the paper, and what is asked for beyond them [%].
PAPER_REGULAR, PAPER_AWARE = 18.5, 79.5
SHARE, CLEAN, GAIN, WIDER = 80.0, 97.0, 45.0, 90.0


def gain(run: DroletRun, regular: str = "regular") -> MedianInterval:
    """Points above a regular network, seed by seed."""
    pairs = zip(run.results["hardware_aware"], run.results[regular], strict=True)
    return MedianInterval.of([aware["ideal"]["share"] - plain["ideal"]["share"] for aware, plain in pairs])


def rtl_summary(run: DroletRun) -> dict[str, Any]:
    """Values compared and values that differ, over all dies."""
    first = [die["first_difference"] for die in run.dies if die["first_difference"]]
    return {
        "engine": run.settings.engine,
        "dies": len(run.dies),
        "points": run.settings.rtl_points if run.dies else 0,
        "compared": sum(die["compared"] for die in run.dies),
        "mismatches": sum(die["mismatches"] for die in run.dies),
        "first_difference": first[0] if first else None,
    }


def make_claims(run: DroletRun) -> list[Claim]:
    """The table; a quick run is judged by its gain and the RTL alone."""
    judged = run.settings.judged
    aware, clean, wider = run.spread("hardware_aware"), run.spread("hardware_aware", "clean"), run.spread("wider")
    lines, rtl = run.spread("hardware_aware", "share", "wires"), rtl_summary(run)
    claims = [
        _at_least(
            "hardware-aware 2-8-1, share", SHARE, aware, f"{PAPER_AWARE} % published, {SHARE:g} % wanted", judged
        ),
        _at_least("hardware-aware 2-8-1, clean accuracy", CLEAN, clean, f"≥ {CLEAN:g} %", judged),
        _at_least("gain over regular training", GAIN, gain(run), f"≥ {GAIN:g} points", True, " points"),
        _at_least("wider network, share", WIDER, wider, f"≥ {WIDER:g} %", judged),
        _at_least(f"hardware-aware 2-8-1 with {SEGMENT:g} Ω wires, share", SHARE, lines, f"≥ {SHARE:g} %", False),
    ]
    for key, words in (("regular_10", "|w| ≤ 10"), ("regular_5", "|w| ≤ 5")):
        claims.append(
            _at_least(f"gain over regular training, {words}", GAIN, gain(run, key), "for comparison", False, " points")
        )
    if run.dies:
        claims.append(
            Claim(
                "RTL equal to the golden model",
                "0 values differ",
                f"{rtl['mismatches']:,} of {rtl['compared']:,}",
                "",
                rtl["mismatches"] == 0 and rtl["compared"] > 0,
            )
        )
    return claims


def _at_least(name: str, wanted: float, found: MedianInterval, required: str, judged: bool, unit: str = " %") -> Claim:
    return Claim(name, required, f"{found.median:.1f}{unit}", found.text(unit), found.median >= wanted, judged)


def method_summary(run: DroletRun, key: str) -> dict[str, Any]:
    """Everything about one kind of training."""
    results = run.results[key]
    table: dict[str, Any] = {
        "network": results[0]["shape"],
        "share": run.spread(key).as_dict(),
        "clean": run.spread(key, "clean").as_dict(),
        "mean": run.spread(key, "mean").as_dict(),
        "share_with_wires": run.spread(key, "share", "wires").as_dict(),
        "clean_with_wires": run.spread(key, "clean", "wires").as_dict(),
        "by_seed": [{"seed": seed, **result["ideal"]} for seed, result in enumerate(results)],
        "scales": [list(result["scales"]) for result in results],
        "arrays": list(results[0]["arrays"]),
        "devices": sum(int(np.size(target)) for target in results[0]["targets"]),
    }
    if all("chip" in result for result in results):
        table["share_on_chip"] = run.spread(key, "share", "chip").as_dict()
        table["mean_on_chip"] = run.spread(key, "mean", "chip").as_dict()
    return table


def make_report(run: DroletRun, claims: list[Claim]) -> dict[str, Any]:
    """Contents of report.json; shares and accuracies in percent."""
    settings = run.settings
    table = {method.key: method_summary(run, method.key) for method in cases.methods(settings)}
    wider = {key: value for key, value in table.items() if key.startswith("wider")}
    return {
        "format_version": 1,
        "holds": all(claim.holds for claim in claims if claim.judged),
        "effort": settings.effort,
        "transfers": settings.transfers,
        "points": settings.points,
        "seeds": settings.seeds,
        "regular": table["regular"],
        "hardware_aware": table["hardware_aware"],
        "wider": table["wider"],
        "best": max(wider.values(), key=lambda entry: entry["share"]["median"]),
        "methods": table,
        "gain": {key: gain(run, key).as_dict() for key in ("regular", "regular_10", "regular_5")},
        "wires": {
            "segment_ohm": SEGMENT,
            "hardware_aware_loses": run.spread("hardware_aware").median
            - run.spread("hardware_aware", "share", "wires").median,
        },
        "rtl": rtl_summary(run),
        "claims": [claim.as_dict() for claim in claims],
        "settings": settings.as_dict(),
        "provenance": provenance(0, {}),
    }

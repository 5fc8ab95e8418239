# SPDX-License-Identifier: BSD-3-Clause
"""What a sweep is: a function, a list of settings, and a name for each task that says all of it."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import itertools
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Setting = dict[str, Any]


@dataclass(frozen=True)
class Sweep:
    """A function and the settings that it is called with, each one a task: ``function(**setting)``.

    Parameters
    ----------
    function : str
        ``package.module:name``, so that any process can import it. What it gives must follow from its setting alone.
    settings : tuple of dict
        Keyword arguments as JSON knows them: texts, numbers, truth values, None, lists, tables with texts as keys.
        Numbers are finite. A seed, a device ("cpu", "cuda") or anything else that moves the result belongs in here.
    version : str
        Of the code behind the function: results of another version are not taken for those of this one.

    Raises
    ------
    ValueError
        If a field is out of range, or two settings are the same; the message names the setting.
    """

    function: str
    settings: tuple[Setting, ...]
    version: str

    def __post_init__(self) -> None:
        module, colon, name = self.function.partition(":")
        if not (module and colon and name) or "<" in name or module == "__main__":
            raise ValueError(f"sweep: function must be importable, as 'package.module:name', not {self.function!r}")
        if not self.version:
            raise ValueError("sweep: version must not be empty")
        if not self.settings:
            raise ValueError("sweep: settings must not be empty")
        seen: dict[str, int] = {}
        for index, setting in enumerate(self.settings):
            if not isinstance(setting, dict):
                raise ValueError(f"sweep: setting {index} must be a table of keyword arguments, not {setting!r}")
            check_json(setting, f"sweep: setting {index}")
            earlier = seen.setdefault(canonical(setting), index)
            if earlier != index:
                raise ValueError(f"sweep: setting {index} must differ from setting {earlier}: {canonical(setting)}")
        # Lists and tuples are one to JSON: every process gets what a file would give it.
        object.__setattr__(self, "settings", tuple(json.loads(canonical(setting)) for setting in self.settings))

    @classmethod
    def of(cls, function: Callable[..., object] | str, settings: Iterable[Mapping[str, Any]], version: str) -> Sweep:
        """A sweep of a function given by itself or by name.

        Raises
        ------
        ValueError
            If the function is not found again under its name, as with a lambda.
        """
        sweep = cls(
            function if isinstance(function, str) else f"{function.__module__}:{function.__qualname__}",
            tuple(dict(setting) for setting in settings),
            version,
        )
        found = find_function(sweep.function)
        if not isinstance(function, str) and found is not function:
            raise ValueError(f"sweep: function must be what {sweep.function!r} imports, not another {function!r}")
        return sweep

    @property
    def names(self) -> tuple[str, ...]:
        """Name of every task, in the order of the settings."""
        return tuple(task_name(self.function, self.version, setting) for setting in self.settings)


def grid(**axes: Sequence[Any]) -> list[Setting]:
    """Every combination of the values of some arguments; the last one runs fastest."""
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def task_name(function: str, version: str, setting: Mapping[str, Any]) -> str:
    """Hexadecimal name of a task: the hash of function, version and setting."""
    return hashlib.sha256(canonical([function, version, setting]).encode()).hexdigest()[:40]


def canonical(value: object) -> str:
    """The one JSON text of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def check_json(value: object, place: str) -> None:
    """ValueError that names the place of anything which a JSON file would not give back."""
    if isinstance(value, dict):
        for key, entry in value.items():
            if not isinstance(key, str):
                raise ValueError(f"{place}: keys must be texts, not {key!r}")
            check_json(entry, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for index, entry in enumerate(value):
            check_json(entry, f"{place}[{index}]")
    elif type(value) is float:
        if not math.isfinite(value):
            raise ValueError(f"{place} must be finite, not {value!r}")
    elif value is not None and type(value) not in (bool, int, str):
        raise ValueError(f"{place} must be what JSON knows, not {type(value).__name__}")


def find_function(name: str) -> Callable[..., object]:
    """Import ``package.module:name``.

    Raises
    ------
    ValueError
        If there is no such function; the message names it.
    """
    module, _, path = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"sweep: function {name!r} must be importable: {error}") from None
    if not callable(found):
        raise ValueError(f"sweep: function {name!r} must be callable, not {type(found).__name__}")
    return found


def source_version(*packages: str) -> str:
    """Hash of the sources of packages or modules, for ``version``: any change of their code makes another sweep."""
    digest = hashlib.sha256()
    for package in sorted(packages):
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise ValueError(f"sweep: {package!r} must be a package with sources")
        origin = Path(spec.origin)
        files = sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
        for path in files:
            digest.update(f"{package}/{path.relative_to(origin.parent).as_posix()}\0".encode())
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]

# SPDX-License-Identifier: BSD-3-Clause
"""Damage to HDF5 files by their own library: shapes, kinds, links, filters, storage; and bytes with a new seal."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np
from spintile.model.dies.hdf5_guard import sealed

from .damage import damaged

#: A seal: a line feed, the words, 64 digits, a line feed.
SEAL_LENGTH = len(sealed(b""))


def forged_hdf5(path: Path, rng: Random) -> str:
    """Change a file in place, and seal it again where it was sealed; a name of what was done."""
    data = path.read_bytes()
    was_sealed = data[-SEAL_LENGTH:].startswith(b"\nspintile sha256 ")
    if was_sealed:
        data = data[:-SEAL_LENGTH]
    if rng.random() < 0.5:
        name, changed = damaged(data, rng)
        path.write_bytes(sealed(changed) if was_sealed else changed)
        return f"sealed again, {name}" if was_sealed else name
    name = _edited(path, rng)
    if was_sealed and rng.random() < 0.5:
        path.write_bytes(sealed(path.read_bytes()))
    return name


def _edited(path: Path, rng: Random) -> str:
    others = path.with_name("other.h5")
    with h5py.File(path, "r+") as file:
        arrays = [name for name in file if isinstance(file.get(name), h5py.Dataset)]
        chosen = rng.choice([name for name in arrays if name in ("g_p", "g_ap", "defect", "die")] or arrays)
        way = rng.choice((_values, _kind, _shape, _link, _storage, _filters, _attributes, _scales, _gone))
        if way is _storage:
            others.write_bytes(bytes(64))
        if way is _link:
            shutil.copy(path, others)
        way(file, chosen, rng)
        return f"{way.__name__.strip('_')} of {chosen}"


def _replace(file: h5py.File, name: str, **how: Any) -> h5py.Dataset:
    scales = [axis[0].name if len(axis) else None for axis in file[name].dims]
    del file[name]
    made = file.create_dataset(name, **how)
    for axis, scale in enumerate(scales[: len(made.shape or ())]):
        if scale and scale in file:
            made.dims[axis].attach_scale(file[scale])
    return made


def _values(file: h5py.File, name: str, rng: Random) -> None:
    values = file[name][()]
    place = tuple(rng.randrange(size) for size in values.shape)
    if values.dtype.kind == "f":
        values[place] = rng.choice((np.nan, np.inf, -np.inf, -1e-4, 1e308, 5e-324, 0.0))
    else:
        values[place] = rng.choice((0, 5, 6, 100, np.iinfo(values.dtype).max, np.iinfo(values.dtype).min))
    file[name][...] = values


def _kind(file: h5py.File, name: str, rng: Random) -> None:
    values = file[name][()]
    kind = rng.choice(
        ("f4", "f2", "c16", "i8", "u1", "?", "S4", "text", "compound", "reference", "ragged", "enum", ">f8")
    )
    if kind == "text":
        _replace(file, name, data=np.full(values.shape, "1.0", object), dtype=h5py.string_dtype())
    elif kind == "compound":
        _replace(file, name, data=np.zeros(values.shape, [("a", "f8"), ("b", "i4")]))
    elif kind == "reference":
        _replace(file, name, shape=values.shape, dtype=h5py.ref_dtype)
    elif kind == "ragged":
        _replace(file, name, shape=values.shape, dtype=h5py.vlen_dtype(np.float64))
    elif kind == "enum":
        _replace(file, name, shape=values.shape, dtype=h5py.enum_dtype({"A": 0, "B": 300}, basetype="i4"))
    else:
        _replace(file, name, data=np.ones(values.shape).astype(kind))


def _shape(file: h5py.File, name: str, rng: Random) -> None:
    shape = file[name].shape
    new = rng.choice(
        (
            (),
            (0,) * len(shape),
            shape[::-1],
            shape[1:],
            (1, *shape),
            (1 << 40, *shape[1:]),
            (100_000, *shape[1:]),
            (1,) * 32,
            (2**62,),
        )
    )
    kind = file[name].dtype
    if rng.random() < 0.1:
        _replace(file, name, data=h5py.Empty("f8"))
    elif len(new) and new[0] > 1000:
        _replace(file, name, shape=new, dtype=kind, chunks=True, fillvalue=1, compression=rng.choice((None, "gzip")))
    else:
        _replace(file, name, shape=new, dtype=kind)


def _link(file: h5py.File, name: str, rng: Random) -> None:
    del file[name]
    target = rng.choice(("external", "fifo", "absent", "round", "chain", "group", "soft away", "itself"))
    if target == "external":
        file[name] = h5py.ExternalLink("other.h5", name)
    elif target == "fifo":
        file[name] = h5py.ExternalLink("/dev/zero", name)
    elif target == "absent":
        file[name] = h5py.SoftLink("/nowhere")
    elif target == "round":
        file["round"] = h5py.SoftLink(f"/{name}")
        file[name] = h5py.SoftLink("/round")
    elif target == "chain":
        for i in range(40):
            file[f"l{i}"] = h5py.SoftLink(f"/l{i + 1}")
        file[name] = h5py.SoftLink("/l0")
    elif target == "group":
        file.create_group(name)
    elif target == "soft away":
        file["away"] = h5py.ExternalLink("other.h5", "/")
        file[name] = h5py.SoftLink(f"/away/{name}")
    else:
        file[name] = h5py.SoftLink(f"/{name}")


def _storage(file: h5py.File, name: str, rng: Random) -> None:
    shape, kind = file[name].shape, file[name].dtype
    if rng.random() < 0.5:
        place = rng.choice(("other.h5", "/dev/zero", "/etc/hostname", "nowhere"))
        _replace(file, name, shape=shape, dtype=kind, external=[(place, 0, h5py.h5f.UNLIMITED)])
        return
    layout = h5py.VirtualLayout(shape=shape, dtype=kind)
    layout[...] = h5py.VirtualSource(rng.choice((".", "other.h5", "nowhere")), "g_p", shape=shape)
    del file[name]
    file.create_virtual_dataset(name, layout)


def _filters(file: h5py.File, name: str, rng: Random) -> None:
    values = file[name][()]
    how = rng.choice(
        (
            {"compression": "gzip", "compression_opts": 9, "shuffle": True},
            {"compression": "lzf"},
            {"fletcher32": True},
            {"scaleoffset": 2},
        )
    )
    made = _replace(file, name, data=values, chunks=tuple(max(1, size // 2) for size in values.shape), **how)
    if rng.random() < 0.6:  # a chunk that is none, or that asks for filters which nobody has
        made.id.write_direct_chunk((0,) * values.ndim, rng.randbytes(rng.choice((1, 40, 4000))), rng.choice((0, 1)))


def _attributes(file: h5py.File, name: str, rng: Random) -> None:
    key = rng.choice(("format", "format_version", "seed", "line_resistance", "resolution", "provenance", "units"))
    holder = file[name] if key == "units" else file
    values: tuple[Any, ...] = (
        0,
        -1.0,
        np.nan,
        np.inf,
        1e400,
        "",
        "x" * 30_000,
        "\n\x1b[31m",
        "[" * 20_000,
        '{"a": ' * 100 + "1" + "}" * 100,
        "{}",
        "9" * 5000,
        np.zeros(3),
        np.zeros((2, 2), "S3"),
        h5py.Empty("f4"),
        b"\xff\xfe",
        ["a", "b"],
        np.float16(1),
    )
    if rng.random() < 0.15:
        holder.attrs.pop(key, None)
        return
    holder.attrs[key] = rng.choice(values)


def _scales(file: h5py.File, name: str, rng: Random) -> None:
    attributes = file[name].attrs
    for key in ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS"):
        if key in attributes and rng.random() < 0.7:
            del attributes[key]
            if rng.random() < 0.5:
                attributes[key] = rng.choice((np.zeros(4), "x", np.arange(9)))


def _gone(file: h5py.File, name: str, rng: Random) -> None:
    del file[name]

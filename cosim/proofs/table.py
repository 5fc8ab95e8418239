# SPDX-License-Identifier: BSD-3-Clause
"""Makes ``docs/properties.md`` from the list of proofs: ``python -m spintile.cosim.proofs.table PATH``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from spintile.model.files import write_atomically

from ..formal import Properties
from .catalogue import PROOFS
from .proof import Proof

__all__ = ["properties_page"]

_HEAD = """<!-- SPDX-License-Identifier: BSD-3-Clause -->
<!-- Made by python -m spintile.cosim.proofs.table docs/properties.md: change the proofs, not this page. -->
# Properties of every block

What is proved of the RTL, for every input and every length of run, with `rst` at any moment. The command
`spintile verify --properties` proves it anew. *k*: cycles of the induction that closes. *Assumed*: what the
surroundings must keep to; nothing else is. How, and what follows for the chip: `cosim/proofs/README.md`.
"""


def properties_page(proofs: Mapping[str, Proof] = PROOFS) -> str:
    """The page: blocks with their proofs, then every proof with its properties.

    Parameters
    ----------
    proofs : mapping of str to Proof
        Those that it lists.
    """
    made = {name: proof.properties() for name, proof in proofs.items()}
    total = sum(len(properties.claims) for properties in made.values())
    parts = [_HEAD, f"{total} properties of {len(_by_block(proofs))} blocks in {len(proofs)} proofs.\n"]
    parts += ["## Blocks\n", _blocks(proofs, made), "\n## Proofs\n"]
    parts += [_section(name, proof, made[name]) for name, proof in proofs.items()]
    return "\n".join(parts)


def _by_block(proofs: Mapping[str, Proof]) -> dict[str, list[str]]:
    """Names of the proofs that speak of each block, blocks in alphabetical order."""
    found: dict[str, list[str]] = {}
    for name, proof in proofs.items():
        for block in proof.blocks:
            found.setdefault(block, []).append(name)
    return dict(sorted(found.items()))


def _blocks(proofs: Mapping[str, Proof], made: Mapping[str, Properties]) -> str:
    """A row a block: each of its proofs with its kind, its properties and its depth."""
    rows = ["| block | proof | kind | chip | properties | k |", "|---|---|---|---|---|---|"]
    for block, names in _by_block(proofs).items():
        for number, name in enumerate(names):
            proof = proofs[name]
            cells = [f"`{block}`" if number == 0 else "", name, proof.kind, proof.geometry.name]
            rows.append(f"| {' | '.join([*cells, str(len(made[name].claims)), str(proof.depth)])} |")
    return "\n".join(rows)


def _section(name: str, proof: Proof, properties: Properties) -> str:
    """A proof: what it is about, what it assumes, and the names of its properties."""
    about = ", ".join(f"`{block}`" for block in proof.blocks)
    lines = [f"### {name}\n", f"{about}; {proof.kind}, on {proof.geometry.name}, k = {proof.depth}.\n"]
    if properties.assumptions:
        lines.append(f"Assumed: {_names(properties.assumptions)}.\n")
    lines.append(f"Proved: {_names(properties.claims)}.\n")
    return "\n".join(lines)


def _names(table: Mapping[str, object]) -> str:
    return ", ".join(name.replace("_", " ") for name in table)


def main() -> int:
    """Write the page to the path of the command line."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m spintile.cosim.proofs.table PATH\n")
        return 2
    write_atomically(Path(sys.argv[1]), properties_page().encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())

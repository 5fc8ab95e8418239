# SPDX-License-Identifier: BSD-3-Clause
"""Damaged files for every reader of the toolkit, and what becomes of them.

A case is a number: with the campaign's seed it gives reader, damage and every byte. ``damage`` changes bytes blindly,
``text_damage``, ``container_damage`` and ``hdf5_damage`` know the form of what they change, ``places`` puts something
else where the file should be. ``samples`` makes sound files and says how they are read, ``cases`` judges one case,
``worker`` does so in a process with limits, and ``campaign`` runs many and remembers.
"""

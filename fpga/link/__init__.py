# SPDX-License-Identifier: BSD-3-Clause
"""The link between a host and a board: frames on a serial line, each request performed exactly once."""

from .protocol import Frame, FrameDecoder, Kind, Status, encode

__all__ = ["Frame", "FrameDecoder", "Kind", "Status", "encode"]

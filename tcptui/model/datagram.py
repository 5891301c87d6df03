"""An IP datagram that was put together from fragments."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """One fragment of it."""

    carrier: int
    """The frame's number; where frames have none yet, its row."""
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Datagram:
    """What lies behind its IP header, and where that came from."""

    payload: bytes
    pieces: tuple[Piece, ...]
    """By offset; those that only repeat bytes are among them."""

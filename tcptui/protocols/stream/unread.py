"""Bytes of a direction that no message begins among for certain: what readers skip, and parts show as such."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream


@dataclass(frozen=True, slots=True)
class Unread:
    """Bytes that are not read, because no message begins among them for certain."""

    direction: ByteStream = field(repr=False)
    start: int
    stop: int

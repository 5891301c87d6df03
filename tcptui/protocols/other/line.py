"""What a summary is made of: a kind, which names a sentence, and its facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Characters of one text out of a packet.
TEXT_LIMIT: Final = 120


@dataclass(frozen=True, slots=True)
class Line:
    """One packet in one line; its sentence is ``other.line.<kind>``.  Texts out of packets are safe."""

    kind: str
    facts: Mapping[str, object] = field(default_factory=dict)

"""What proves that a resend was unneeded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Proof:
    """Why a resend was unneeded."""

    kind: str
    """``dsack``, ``eifel`` or ``acked-here``."""
    witness: int
    """Index of the ACK that proves it."""

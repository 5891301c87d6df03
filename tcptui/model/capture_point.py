"""Where a capture was made."""

from __future__ import annotations

from enum import Enum


class CapturePoint(Enum):
    """Where the capture was made, as seen from one connection."""

    CLIENT = "client"
    SERVER = "server"
    MIDDLE = "middle"
    UNKNOWN = "unknown"

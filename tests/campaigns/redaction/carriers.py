"""What a carrier is: a capture that holds what was drawn, in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from tests.campaigns.redaction.wire import ETHERNET, pcap

if TYPE_CHECKING:
    from tests.campaigns.redaction.secrets_drawn import Secrets

Build = Callable[["Secrets"], bytes]

#: By name: what builds the file.
CARRIERS: Final[dict[str, Build]] = {}


def carrier(name: str) -> Callable[[Build], Build]:
    """Enter what is decorated."""

    def enter(build: Build) -> Build:
        assert name not in CARRIERS
        CARRIERS[name] = build
        return build

    return enter


def each(names: dict[str, Callable[[Secrets], list[bytes]]], family: str, link: int = ETHERNET) -> None:
    """Enter carriers that are frames in a file of one link type."""
    for name, frames in names.items():
        carrier(f"{family}: {name}")(lambda secrets, frames=frames: pcap(frames(secrets), link))

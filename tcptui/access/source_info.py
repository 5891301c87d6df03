"""The origin of packets, as rows refer to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """The origin of rows with one value of `PacketStore.source`: spool, interface, link type."""

    label: str
    """Safe text: file name or interface."""
    link_type: int
    interface: str | None
    spool: int
    """Index of the spool that holds the bytes."""
    number: int = -1
    """Number of the interface in its section of a pcapng file; -1: the file is none."""
    section: int = 0
    """Number of that section, from 1."""
    description: str = ""
    """Safe text: what the file says of the interface beside its name."""

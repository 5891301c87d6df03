"""Who has a connection's socket on the host that captured it: process, user, unit, container, pod."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Certainty(Enum):
    """By what an owner is known; values only added, never renamed."""

    SOCKET = "socket"
    """The kernel had this very socket while the connection was open, and the process had it open by its inode."""
    NO_PROCESS = "no-process"
    """The kernel had this socket; which process has it open could not be seen, the rest is the socket's own."""
    EVENT = "event"
    """The kernel said at that moment that the process had a socket with these addresses and ports."""
    FILE = "file"
    """A comment in the capture says so."""


class Missing(Enum):
    """Why a connection has no owner."""

    NOT_ASKED = "not-asked"
    """Nobody has asked yet, or nothing here could know."""
    GONE = "gone"
    """Its socket was gone before it could be looked at, or may have been a later connection's by then."""
    ELSEWHERE = "elsewhere"
    """While it was open, no namespace that could be looked into had such a socket: it is another host's, perhaps."""


@dataclass(frozen=True, slots=True)
class ConnectEvent:
    """A process began to connect: the kernel's word at that moment, before the SYN is sent (inet_sock_set_state)."""

    local: bytes
    """4 or 16 bytes."""
    local_port: int
    peer: bytes
    peer_port: int
    pid: int
    program: str
    """The process's name as the kernel has it, not yet safe text."""
    time_ns: int
    """By the system's clock."""


@dataclass(frozen=True, slots=True)
class SocketOwner:
    """The owner of one end; all strings are safe text without secrets, empty where not known."""

    certainty: Certainty
    pid: int = 0
    """0: not known."""
    program: str = ""
    """The process's name (comm)."""
    command: str = ""
    """Its command line."""
    user: str = ""
    parents: tuple[tuple[int, str], ...] = ()
    """Process ids and names, the parent first."""
    unit: str = ""
    """The systemd unit."""
    container: str = ""
    """The first twelve digits of the container's id, or its name where it has no id."""
    pod: str = ""
    """``namespace/name``, or the pod's uid where nothing here tells its name."""

    @property
    def name(self) -> str:
        """The shortest that says who it is: ``nginx[812]``, else container, pod, unit or user."""
        if self.pid:
            return f"{self.program}[{self.pid}]"
        return self.program or self.container or self.pod or self.unit or self.user

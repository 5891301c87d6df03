"""Finds the SSH connection that shows our own screen: every packet captured of it would cause another.

Sources, in this order (architecture.md#our-own-ssh-session): SSH_CONNECTION in the environment of this process
and of its parents (sudo removes the variable, the shell before it still has it); instead of these, where we run
in tmux or screen, the connections of its attached clients, because the shells in there have the variable of the
connection that was current when they were started; else the socket of the sshd that our terminal belongs to.
All of it reads /proc, and the last part needs root, so it is done before root is given up.  On other systems
than Linux only our own environment is available.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PROC: Final = Path("/proc")
#: Upper bound of the walk to the parents, deeper than any session: /proc may change meanwhile.
_MOST_PARENTS: Final = 64
_SSH_SERVERS: Final = frozenset({"sshd", "sshd-session", "sshd-auth", "dropbear"})
#: The kernel's name (comm) of a server process -> the names of its clients.
_MULTIPLEXERS: Final = {"tmux: server": ("tmux: client",), "screen": ("screen",)}
#: /proc/net/tcp: the state ESTABLISHED.
_ESTABLISHED: Final = "01"
_INIT: Final = 1
_STAT: Final = re.compile(rb"\A(\d+) \((.*)\) \S (\d+) ", re.DOTALL)
_SOCKET: Final = re.compile(r"\Asocket:\[(\d+)\]\Z")


class OwnScreen(Enum):
    """Whether a live capture excludes the connection that shows our screen."""

    LOCAL = "local"
    """There is none: the terminal is local."""
    LEFT_OUT = "left-out"
    INCLUDED = "included"
    """The user asked for it, or the interface's link type does not support the filter."""
    NOT_FOUND = "not-found"
    """There is one, but it could not be identified, so it is captured with the rest."""


@dataclass(frozen=True, slots=True, order=True)
class OwnConnection:
    """The addresses, as libpcap's filters take them, and ports of one TCP connection to this host."""

    peer: str
    peer_port: int
    local: str
    local_port: int

    @property
    def filter_words(self) -> str:
        """The BPF expression that matches its packets, both ways."""
        hosts = f"host {self.peer} and host {self.local}"
        return f"(tcp and {hosts} and port {self.peer_port} and port {self.local_port})"


@dataclass(frozen=True, slots=True)
class OwnTraffic:
    """The connections that show our screen."""

    connections: tuple[OwnConnection, ...] = ()
    is_remote: bool = False
    """Whether the screen is shown over SSH; if so and ``connections`` is empty, the connection was not found."""

    @property
    def filter_words(self) -> str:
        """The BPF expression that excludes ``connections``; empty when there are none."""
        if not self.connections:
            return ""
        return f"not ({' or '.join(connection.filter_words for connection in self.connections)})"


def from_ssh_connection(text: str) -> OwnConnection | None:
    """Parse the value of SSH_CONNECTION, `peer port local port`; None for anything else."""
    words = text.split()
    if len(words) != 4:
        return None
    try:
        return OwnConnection(_address(words[0]), _port(words[1]), _address(words[2]), _port(words[3]))
    except ValueError:
        return None


def _address(text: str) -> str:
    """The address as a filter takes it: without a zone, IPv4-mapped IPv6 as IPv4.  Raises ValueError."""
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise ValueError(text)
    return int(text)


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    name: str
    parent: int


def find_own_traffic(
    environment: Mapping[str, str] = os.environ, pid: int | None = None, proc: Path = PROC
) -> OwnTraffic:
    """The traffic that shows the screen of process ``pid`` (default: this one) with environment ``environment``."""
    ours = from_ssh_connection(environment.get("SSH_CONNECTION", ""))
    parents = list(_parents(os.getpid() if pid is None else pid, proc))
    found = {ours} if ours else set()
    found |= set(_remembered(parents, proc))
    through = next((process for process in parents if process.name in _MULTIPLEXERS), None)
    is_remote = bool(found) or "SSH_TTY" in environment or "SSH_CLIENT" in environment
    if through is not None:
        clients = list(_clients(through, proc))
        watching = {connection for client in clients for connection in _connections_of(client, proc)}
        # Clients without a connection: the screen is shown on this machine, or we may not inspect who shows it.
        found = watching if clients else found
        is_remote = bool(found) if clients else is_remote
    elif not found:
        servers = [process for process in parents if process.name in _SSH_SERVERS]
        is_remote = is_remote or bool(servers)
        found |= set(_sockets_of(servers, proc))
    return OwnTraffic(tuple(sorted(found)), is_remote or bool(found))


def _connections_of(process: _Process, proc: Path) -> set[OwnConnection]:
    """The SSH connections that ``process`` runs in: from its and its parents' environment, or its sshd's socket."""
    chain = [process, *_parents(process.pid, proc)]
    remembered = set(_remembered(chain, proc))
    return remembered or set(_sockets_of([each for each in chain if each.name in _SSH_SERVERS], proc))


def _parents(pid: int, proc: Path) -> Iterator[_Process]:
    """The parents of ``pid``, nearest first."""
    process = _process(pid, proc)
    for _ in range(_MOST_PARENTS):
        if process is None or process.parent <= 0:
            return
        process = _process(process.parent, proc)
        if process is not None:
            yield process


def _process(pid: int, proc: Path) -> _Process | None:
    try:
        match = _STAT.match((proc / str(pid) / "stat").read_bytes())
    except OSError:
        return None
    if match is None:
        return None
    return _Process(pid, match.group(2).decode("utf-8", "replace"), int(match.group(3)))


def _remembered(processes: Iterable[_Process], proc: Path) -> Iterator[OwnConnection]:
    """The SSH_CONNECTION of the first process that has a valid one and whose environment is readable."""
    for process in processes:
        try:
            entries = (proc / str(process.pid) / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        for entry in entries:
            name, _, value = entry.partition(b"=")
            if name == b"SSH_CONNECTION":
                connection = from_ssh_connection(value.decode("ascii", "replace"))
                if connection is not None:
                    yield connection
                    return


def _clients(server: _Process, proc: Path) -> Iterator[_Process]:
    """The client processes of a tmux or screen server: those with a client's name and the server's user."""
    owner = _owner(server.pid, proc)
    try:
        entries = list(proc.iterdir())
    except OSError:
        return
    for entry in entries:
        if not entry.name.isdigit() or int(entry.name) == server.pid:
            continue
        process = _process(int(entry.name), proc)
        if process is None or process.name not in _MULTIPLEXERS[server.name] or _owner(process.pid, proc) != owner:
            continue
        if process.parent != _INIT:  # a child of init is another server: screen's has the same name as its clients
            yield process


def _owner(pid: int, proc: Path) -> int | None:
    try:
        return (proc / str(pid)).stat().st_uid
    except OSError:
        return None


def _sockets_of(servers: Iterable[_Process], proc: Path) -> Iterator[OwnConnection]:
    """The established TCP connections of the first of these sshd processes that has any; needs root."""
    for server in servers:
        inodes = set(_socket_inodes(server.pid, proc))
        held = [each for inode, each in _established(server.pid, proc) if inode in inodes]
        if held:
            yield from held
            return


def _socket_inodes(pid: int, proc: Path) -> Iterator[str]:
    try:
        descriptors = list((proc / str(pid) / "fd").iterdir())
    except OSError:
        return
    for descriptor in descriptors:
        try:
            match = _SOCKET.match(str(descriptor.readlink()))
        except OSError:
            continue  # closed meanwhile
        if match is not None:
            yield match.group(1)


def _established(pid: int, proc: Path) -> Iterator[tuple[str, OwnConnection]]:
    """Inode and addresses of all established TCP connections in the network namespace of ``pid`` (proc_pid_net(5))."""
    for table in ("tcp", "tcp6"):
        try:
            lines = (proc / str(pid) / "net" / table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if len(fields) > 9 and fields[3] == _ESTABLISHED:
                local, local_port = _kernel_address(fields[1])
                peer, peer_port = _kernel_address(fields[2])
                yield fields[9], OwnConnection(peer, peer_port, local, local_port)


def _kernel_address(text: str) -> tuple[str, int]:
    """An address as /proc/net/tcp writes it: 32-bit words in the machine's byte order, in hexadecimal."""
    words, _, port = text.partition(":")
    parts = (int(words[at : at + 8], 16) for at in range(0, len(words), 8))
    raw = b"".join(part.to_bytes(4, sys.byteorder) for part in parts)
    return _address(str(ipaddress.ip_address(raw))), int(port, 16)

"""Hosts that exist only while the bench runs: a network namespace each, with one TAP device.

Nothing here has a name outside the process that made it.  A namespace lives as long as a process
or a descriptor refers to it, a TAP device as long as its descriptor is open: when the bench dies,
however it dies, both are gone.  (Python 3.11 has neither ``os.unshare`` nor ``os.setns``.)
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import struct
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CLONE_NEWNS: Final = 0x0002_0000
CLONE_NEWNET: Final = 0x4000_0000
MS_REC: Final = 0x4000
MS_PRIVATE: Final = 1 << 18
PR_SET_PDEATHSIG: Final = 1
TUNSETIFF: Final = 0x4004_54CA
IFF_TAP: Final = 0x0002
IFF_NO_PI: Final = 0x1000
MTU: Final = 1500
FIRST_SERVER: Final = 2
MORE_CLIENTS: Final = 100
QUEUE_FRAMES: Final = 10_000
"""Frames that wait in the TAP device for the link to read them; a burst must never be cut here."""

_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class End(Enum):
    """The two hosts, by the part they play in a scenario."""

    CLIENT = "client"
    SERVER = "server"

    @property
    def other(self) -> End:
        """The end at the other side of the link."""
        return End.SERVER if self is End.CLIENT else End.CLIENT


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Moves this process into namespaces of its own; raises OSError without permission."""
    _checked(_LIBC.unshare(flags), "unshare")


def enter(namespace: int) -> None:
    """Moves this process into the network namespace with this descriptor."""
    _checked(_LIBC.setns(namespace, CLONE_NEWNET), "setns")


def die_with_parent() -> None:
    """Has the kernel kill this process as soon as its parent is gone."""
    _checked(_LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0), "prctl")


def private_mounts() -> None:
    """From here on, what this process mounts is seen by it and its children only."""
    unshare(CLONE_NEWNS)
    _checked(_LIBC.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "mount --make-rprivate /")


def private_folder(folder: Path) -> None:
    """Mounts an empty file system of at most 256 MB at ``folder`` that only this process and its children see."""
    private_mounts()
    _checked(_LIBC.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, b"size=256m,mode=0755"), "mount tmpfs")


@dataclass(frozen=True, slots=True)
class Address:
    """Where an end lives on the link; lanes keep benches that run side by side apart."""

    end: End
    lane: int
    ipv6: bool = False
    hosts: int = 1
    """How many hosts stand at this end: addresses of one namespace, which a capture cannot tell from machines."""

    @property
    def host(self) -> str:
        """10.9.LANE.1 for the client, .2 for the server, or fd00:9:LANE+1::1 and ::2 (no zero group: one spelling)."""
        return self.at(0)

    @property
    def each(self) -> tuple[str, ...]:
        """The addresses of all hosts of this end."""
        return tuple(map(self.at, range(self.hosts)))

    def at(self, index: int) -> str:
        """The address of one host: servers are .2, .3 …, clients .1, .101, .102 …"""
        number = FIRST_SERVER + index if self.end is End.SERVER else MORE_CLIENTS + index if index else 1
        return f"fd00:9:{self.lane + 1:x}::{number:x}" if self.ipv6 else f"10.9.{self.lane}.{number}"

    @property
    def hardware(self) -> str:
        """The Ethernet address: locally administered."""
        return f"02:00:00:09:{self.lane:02x}:{1 if self.end is End.CLIENT else 2:02x}"

    @property
    def device(self) -> str:
        """The TAP device's name: unique on this kernel, because the trace knows devices by name only."""
        return f"tcptui{self.lane}{self.end.value[0]}"


@dataclass(frozen=True, slots=True)
class Host:
    """One end of the link: its namespace and the descriptor that reads and writes its frames."""

    address: Address
    namespace: int
    tap: int
    sysctls: Mapping[str, str] = field(default_factory=dict)

    def close(self) -> None:
        """Lets go of the device; it vanishes."""
        os.close(self.tap)
        os.close(self.namespace)


@contextmanager
def hosts(addresses: Mapping[End, Address], sysctls: Mapping[End, Mapping[str, str]]) -> Iterator[dict[End, Host]]:
    """Both ends, configured and connected to nothing but their descriptors.

    The calling process is left in a third, empty namespace: it can address nobody.
    """
    made: dict[End, Host] = {}
    try:
        for end in End:
            made[end] = _host(addresses[end], addresses[end.other], sysctls.get(end, {}))
        unshare(CLONE_NEWNET)
        yield made
    finally:
        for host in made.values():
            host.close()


def _host(own: Address, peer: Address, sysctls: Mapping[str, str]) -> Host:
    """A namespace with one configured TAP device; this process ends up inside it."""
    unshare(CLONE_NEWNET)
    namespace = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", own.device.encode(), IFF_TAP | IFF_NO_PI))
    # One protocol only: the other one's multicast chatter has no place on this link.
    set_sysctl("net.ipv6.conf.all.disable_ipv6", "0" if own.ipv6 else "1")
    set_sysctl("net.ipv6.conf.default.accept_ra", "0")
    set_sysctl("net.ipv6.conf.default.router_solicitations", "0")
    device = own.device
    prefix = "64 nodad" if own.ipv6 else "24"
    _ip(
        "link set lo up",
        # One segment, one frame: the capture shows what leaves the wire, not what leaves the socket.
        f"link set dev {device} address {own.hardware} mtu {MTU} txqueuelen {QUEUE_FRAMES} gso_max_segs 1",
        f"link set dev {device} up",
        *(f"addr add {host}/{prefix} dev {device}" for host in own.each),
        *(f"neigh replace {host} lladdr {peer.hardware} dev {device} nud permanent" for host in peer.each),
    )
    # Without a queue between socket and device a frame is handed over in the context that sent it.
    subprocess.run(["tc", "qdisc", "replace", "dev", device, "root", "noqueue"], check=True, capture_output=True)
    for name, value in sysctls.items():
        set_sysctl(name, value)
    return Host(own, namespace, tap, dict(sysctls))


def set_sysctl(name: str, value: str) -> None:
    """Sets a sysctl of the network namespace this process is in; raises OSError for an unknown one."""
    Path("/proc/sys", *name.split(".")).write_text(value)


def _ip(*commands: str) -> None:
    batch = "".join(f"{command}\n" for command in commands)
    done = subprocess.run(["ip", "-batch", "-"], input=batch, text=True, capture_output=True, check=False)
    if done.returncode:
        raise OSError(f"ip: {done.stderr.strip()}")

"""The interfaces of this host: names, addresses, whether they are up, traffic counters; needs no privilege.

Names and flags are asked of the kernel in this process's network namespace (netdevice(7)), not of /sys, which may
show another namespace; only the counters are read there.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tcptui.model.errors import CaptureError
from tcptui.model.safe_text import safe_text

#: Name prefixes of devices that libpcap lists beside network interfaces; they carry no TCP.
_OTHER_DEVICES: Final = ("bluetooth", "dbus", "nflog", "nfqueue", "usbmon", "rdma")
_STATISTICS: Final = Path("/sys/class/net")
#: The pseudo-interface that captures on all interfaces (Linux).
ANY: Final = "any"


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface that can be captured.

    ``name`` is the system's name, unchanged; ``label`` is the same as safe text.  ``is_connected`` is
    None where the system does not say.
    """

    name: str
    label: str
    addresses: tuple[str, ...]
    is_up: bool
    is_running: bool
    is_loopback: bool
    is_wireless: bool
    is_connected: bool | None


@dataclass(frozen=True, slots=True)
class Traffic:
    """An interface's packet and byte counters since its creation, both directions together."""

    packets: int
    octets: int


def list_interfaces() -> tuple[Interface, ...]:
    """All network interfaces, in libpcap's order: the likely one first.

    Raises CaptureError with the system's message where they cannot be listed.
    """
    import cypcap  # imported late: the first paint does not need it

    try:
        found = cypcap.findalldevs()
    except cypcap.Error as error:
        raise CaptureError("interfaces_failed", reason=safe_text(error.msg)) from error
    return tuple(_interface(device) for device in found if not device.name.startswith(_OTHER_DEVICES))


def _interface(device: Any) -> Interface:  # cypcap.PcapIf, untyped
    import cypcap

    flags, bit = int(device.flags), cypcap.PcapIfFlags
    # The two bits of connection status are one number, not two flags.
    connection = flags & int(bit.CONNECTION_STATUS_NOT_APPLICABLE)
    connected: dict[int, bool] = {
        int(bit.CONNECTION_STATUS_CONNECTED): True,
        int(bit.CONNECTION_STATUS_DISCONNECTED): False,
    }
    return Interface(
        name=device.name,
        label=safe_text(device.name),
        addresses=tuple(
            safe_text(entry.addr[1][0])
            for entry in device.addresses
            if entry.addr is not None and entry.addr[0] in (socket.AF_INET, socket.AF_INET6)
        ),
        is_up=bool(flags & int(bit.UP)),
        is_running=bool(flags & int(bit.RUNNING)),
        is_loopback=bool(flags & int(bit.LOOPBACK)),
        is_wireless=bool(flags & int(bit.WIRELESS)),
        is_connected=connected.get(connection),
    )


def interface_names(most: int = 8) -> list[str]:
    """At most ``most`` names to suggest, as safe text, then "…" if there are more, and ``any`` on Linux."""
    names = [safe_text(name) for _index, name in socket.if_nameindex()]
    shown = names[:most] + (["…"] if len(names) > most else [])
    return [*shown, ANY] if _STATISTICS.is_dir() else shown


def traffic() -> dict[str, Traffic]:
    """The counters of each interface by its name, and their sum as ``any``.

    Reads sysfs; where there is none (on other systems than Linux) the result is empty.
    """
    counted: dict[str, Traffic] = {}
    everything = Traffic(0, 0)
    if not _STATISTICS.is_dir():
        return counted
    for _index, name in socket.if_nameindex():
        try:
            values = [
                int((_STATISTICS / name / "statistics" / counter).read_text(encoding="ascii"))
                for counter in ("rx_packets", "tx_packets", "rx_bytes", "tx_bytes")
            ]
        except (OSError, ValueError):
            continue  # removed between the two calls
        counted[name] = Traffic(values[0] + values[1], values[2] + values[3])
        everything = Traffic(everything.packets + counted[name].packets, everything.octets + counted[name].octets)
    counted[ANY] = everything
    return counted


#: Linux, netdevice(7): the ioctl for an interface's flags, its struct ifreq (name, flags, the rest), and IFF_UP.
_SIOCGIFFLAGS: Final = 0x8913
_IFREQ: Final = struct.Struct("16sH22x")
_UP: Final = 0x1
_LONGEST_NAME: Final = 15


def is_up(name: str) -> bool:
    """Whether the interface ``name`` exists and is up (IFF_UP).

    Always True for ``any``, for names too long for the request, and on other systems than Linux.
    """
    encoded = name.encode("utf-8", "surrogateescape")
    if name == "any" or len(encoded) > _LONGEST_NAME or not sys.platform.startswith("linux"):
        return True
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            answer = fcntl.ioctl(asking, _SIOCGIFFLAGS, _IFREQ.pack(encoded, 0))
        except OSError:
            return False
    return bool(_IFREQ.unpack(answer)[1] & _UP)

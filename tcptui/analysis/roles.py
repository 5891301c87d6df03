"""The client's end of a connection whose SYN was not captured (rules/findings.md#capture-quality)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import U8

#: Ports below are system services', but for those from which clients of rsh, NFS and the like ask.
FIRST_RESERVED_PORT: Final = 512
#: Ports below are system ports, on which servers listen (RFC 6335, 6).
FIRST_REGISTERED_PORT: Final = 1_024
#: Ports from here on are handed out to clients (Linux: ip_local_port_range).
FIRST_EPHEMERAL_PORT: Final = 32_768
#: A server of FTP opens data connections from it (RFC 959, 3.2).
FTP_DATA_PORT: Final = 20
#: System ports from `FIRST_RESERVED_PORT` on at which servers listen (IANA).
SYSTEM_SERVICES: Final = (513, 514, 515, 543, 544, 548, 554, 563, 587, 631, 636, 853, 873, 989, 990, 992, 993, 994, 995)
#: Registered ports at which servers listen that are met often (IANA).
REGISTERED_SERVICES: Final = (
    1080, 1194, 1352, 1433, 1521, 1720, 1723, 1883, 2049, 2181, 2375, 2376, 2379, 3000, 3128, 3268, 3269, 3306,
    3389, 4369, 5060, 5061, 5222, 5269, 5432, 5671, 5672, 5900, 5984, 5985, 5986, 6000, 6379, 6443, 8000, 8008,
    8080, 8081, 8443, 8883, 8888, 9000, 9042, 9090, 9092, 9100, 9200, 9300, 9418, 10250, 11211, 15672, 25565,
    27017,
)  # fmt: skip


class RoleSource(StrEnum):
    """A sign that distinguishes client and server."""

    SYN = "syn"
    SPOKEN = "spoken"
    """A request or a response that was sent (`StreamTable.spoken_roles`)."""
    PORTS = "ports"
    FIRST = "first"
    """Nothing does: the end that is seen first is called the client."""


ROLE_SOURCES: Final = tuple(RoleSource)
"""The surest first."""


def _ranks() -> U8:
    """By port: the lower, the likelier a server's."""
    ranks = np.full(1 << 16, 3, np.uint8)
    ranks[:FIRST_RESERVED_PORT] = 0
    ranks[FIRST_RESERVED_PORT:FIRST_REGISTERED_PORT] = 2
    ranks[FIRST_EPHEMERAL_PORT:] = 4
    ranks[list(SYSTEM_SERVICES)] = 0
    ranks[list(REGISTERED_SERVICES)] = 1
    ranks[FTP_DATA_PORT] = 5
    return ranks


_RANKS: Final = _ranks()


def clients_by_port(
    port_a: NDArray[np.int64], port_b: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where endpoint *b* has the port that is likelier a client's, and where the ports tell anything."""
    rank_a, rank_b = _RANKS[port_a], _RANKS[port_b]
    return rank_b > rank_a, rank_a != rank_b

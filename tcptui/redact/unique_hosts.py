"""How many hosts can be told from all others by what must stay: whom they talk to, on which ports, how much."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture

BY = "degree, ports, bytes"


class UniqueHosts(NamedTuple):
    """A number of hosts, and how many of them are like no other."""

    of: int
    unique: int


def unique_hosts(capture: OpenCapture) -> UniqueHosts:
    """The hosts of the TCP connections of a capture."""
    streams = capture.streams
    chosen = np.arange(streams.count)
    (clients, _), (servers, ports) = streams.clients_and_servers(chosen)
    peers: dict[str, set[str]] = {}
    served: dict[str, set[int]] = {}
    sent: Counter[str] = Counter()
    for client, server, port, octets in zip(
        clients.tolist(), servers.tolist(), ports.tolist(), streams.wire_bytes[chosen].tolist(), strict=True
    ):
        peers.setdefault(client, set()).add(server)
        peers.setdefault(server, set()).add(client)
        served.setdefault(server, set()).add(port)
        sent[client] += octets
        sent[server] += octets
    signs = Counter((len(peers[host]), frozenset(served.get(host, ())), sent[host]) for host in peers)
    return UniqueHosts(len(peers), sum(count == 1 for count in signs.values()))

"""Many clients that hold a server's places: half-open connections of forged addresses, and requests that never end."""

from __future__ import annotations

import random
import socket
import struct
import subprocess
from typing import TYPE_CHECKING, Final

from cases.recorder.scenario import Scenario
from cases.recorder.scenarios.whole_capture import answer_each, ask_once
from tcptui.wire.checksum import tcp_checksum

if TYPE_CHECKING:
    from cases.recorder.program import Program

#: A network for documentation (RFC 5737), whose addresses nobody has; the server reaches it by the client's host.
FORGED_NET: Final = "198.51.100"
FORGED: Final = 70
ORDINARY: Final = 3
#: When the first forged SYN is sent, and how far apart they are, in seconds.
FLOOD_AT: Final = 0.6
APART: Final = 0.004
#: Connections whose heads never end, and pieces of each.
HELD: Final = 14
PIECES: Final = 3


def forged_syn(chance: random.Random, source: str, target: str, port: int) -> bytes:
    """An IP packet with a SYN without options, as tools that flood send it; the kernel adds the IP checksum."""
    from_bytes, to_bytes = socket.inet_aton(source), socket.inet_aton(target)
    head = struct.pack(">HHIIBBHHH", chance.randint(1024, 65535), port, chance.getrandbits(32), 0, 5 << 4, 2, 512, 0, 0)
    head = head[:16] + tcp_checksum(from_bytes, to_bytes, head).to_bytes(2, "big") + head[18:]
    ip = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 20 + len(head), chance.getrandbits(16), 0, 64, 6, 0, from_bytes, to_bytes
    )
    return ip + head


def flood(me: Program) -> None:
    """Ordinary connections before, amid and after a flood of SYNs whose addresses are forged."""
    ask_once(me)
    chance = random.Random("forged")
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for number in range(FORGED):
            me.at(FLOOD_AT + APART * number)
            packet = forged_syn(chance, f"{FORGED_NET}.{1 + number}", me.peer_host, me.port)
            raw.sendto(packet, (me.peer_host, 0))
            if number == FORGED // 2:
                ask_once(me)
    me.at(FLOOD_AT + 3.5)
    ask_once(me)


def serve_amid_flood(me: Program) -> None:
    """Answers each connection that is whole."""
    subprocess.run(["ip", "route", "add", f"{FORGED_NET}.0/24", "via", me.peer_host], check=True)
    answer_each(me.listen(backlog=256), ORDINARY)


SYN_FLOOD: Final = Scenario(
    id="syn-flood",
    shows="A program sends 70 SYNs with forged addresses within 0.3 s; the server keeps a half-open connection "
    "for each, while an ordinary client is served.",
    client=flood,
    server=serve_amid_flood,
    draw=lambda chance: {"delay_ms": chance.randint(4, 12)},
    server_sysctls={"net.ipv4.tcp_synack_retries": "2"},
    findings_client=("syn-flood",),
    findings_server=("syn-flood",),
    findings_perhaps=("syn-ack-retransmission",),
    never=("many-targets", "port-silent", "syn-cookies"),
)


def dribble(me: Program) -> None:
    """Begins requests on many connections, and goes on with each now and then, but never ends one."""
    held = [me.connect() for _ in range(HELD)]
    for number, connection in enumerate(held):
        connection.send(b"GET /%02d HTTP/1.1\r\nHost: shop.example\r\n" % number)
    for piece in range(1, PIECES):
        me.at(3.0 * piece)
        for connection in held:
            connection.send(b"X-a: %d\r\n" % piece)
    me.at(3.0 * PIECES)
    for connection in held:
        connection.close()


def serve_beside(me: Program) -> None:
    """Accepts all, reads what comes, and waits for the end of a head that never comes."""
    listener = me.listen(backlog=64)
    held = [listener.accept() for _ in range(HELD)]
    for connection in held:
        connection.read_all()
        connection.close()


SLOWLORIS: Final = Scenario(
    id="slowloris",
    shows="A client opens 14 connections, and sends each a request head a line at a time that never ends.",
    client=dribble,
    server=serve_beside,
    draw=lambda chance: {"delay_ms": chance.randint(8, 20)},
    findings_client=("slowloris",),
    findings_server=("slowloris",),
    findings_perhaps=("client-think-time", "request-unanswered", "half-close", "sender-application-limited"),
    never=("accept-queue-full", "slow-server"),
)

SCENARIOS: Final = (SYN_FLOOD, SLOWLORIS)

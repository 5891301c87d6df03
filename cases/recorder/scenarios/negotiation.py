"""What the SYNs agree on: options that one end does not want, or that a middlebox takes away."""

from __future__ import annotations

import random
from collections.abc import Callable

from cases.recorder.program import Program
from cases.recorder.rules import CLIENT, SERVER, Match, Rule, strip_option
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scripts import ANSWER, MSS, REQUEST, answer_until_closed, request_and_close

WINDOW_SCALE = 3
SACK_PERMITTED = 4
TIMESTAMPS = 8


def stripped(option: int, match: Match = CLIENT) -> Callable[[Parameters], list[Rule]]:
    """A middlebox that blanks an option, in one direction."""

    def rules(_: Parameters) -> list[Rule]:
        return [strip_option(option, match)]

    return rules


ABSENT = {
    "window-scale": "window-scaling-absent",
    "selective-acknowledgement": "sack-absent",
    "timestamps": "timestamps-absent",
}
"""What is found where the option is missing."""


def _off(name: str, sysctl: str) -> Scenario:
    return Scenario(
        id=f"{name}-off",
        shows=f"The server does not do {name.replace('-', ' ')}: its SYN-ACK does not take up the client's offer.",
        twin=f"{name}-stripped",
        client=request_and_close,
        server=answer_until_closed,
        server_sysctls={f"net.ipv4.{sysctl}": "0"},
        findings_client=(ABSENT[name],),
        findings_server=(ABSENT[name],),
        never=tuple(other for other in ABSENT.values() if other != ABSENT[name]),
    )


def _stripped(name: str, option: int) -> Scenario:
    return Scenario(
        id=f"{name}-stripped",
        shows=f"A middlebox takes the client's offer of {name.replace('-', ' ')} out of its SYN.",
        twin=f"{name}-off",
        client=request_and_close,
        server=answer_until_closed,
        rules=stripped(option),
        findings_client=(ABSENT[name],),
        never=tuple(other for other in ABSENT.values() if other != ABSENT[name]),
    )


def send_some_more(me: Program) -> None:
    """Sends a little, then more than such a window holds."""
    connection = me.connect()
    connection.send(MSS)
    connection.read(ANSWER)
    connection.send(me.p.bytes)
    connection.read(ANSWER)
    connection.close()


def confirm_both(me: Program) -> None:
    """Confirms what came first and what came then."""
    connection = me.listen().accept()
    connection.read(MSS)
    connection.send(ANSWER)
    connection.read(me.p.bytes)
    connection.send(ANSWER)
    connection.read_all()
    connection.close()


def draw_bytes(chance: random.Random) -> dict[str, float]:
    """A few of the 67-byte windows that remain."""
    return {"delay_ms": chance.randint(10, 30), "bytes": chance.randint(200, 400)}


WINDOW_SCALE_BROKEN = Scenario(
    id="window-scale-broken",
    shows="A middlebox takes window scaling out of the SYN-ACK only: the server scales its windows, the client does "
    "not know, and dribbles into windows of some 70 bytes.",
    twin="window-scale-off",
    client=send_some_more,
    server=confirm_both,
    draw=draw_bytes,
    rules=stripped(WINDOW_SCALE, SERVER),
    findings_client=("window-scaling-absent",),
    findings_perhaps=(
        "zero-window",
        "receive-window-limited",
        "slow-receiver",
        "sender-application-limited",
        "send-buffer-limited",
        "nagle-delayed-ack",
    ),
    never=("sack-absent", "timestamps-absent"),
)


def four_at_once(me: Program) -> None:
    """Four connections, a few milliseconds apart; each asks once."""
    connections = []
    for _ in range(4):
        connections.append(me.begin_connect())
        me.sleep(me.p.apart)
    for connection in connections:
        connection.send(REQUEST)
    for connection in connections:
        connection.read(ANSWER)
        connection.close()


def answer_four(me: Program) -> None:
    """A backlog of 1 leaves room for two half-open connections; while both are, Linux answers with SYN cookies."""
    listener = me.listen(backlog=1)
    connections = [listener.accept() for _ in range(4)]
    for connection in connections:
        connection.read(REQUEST)
        connection.send(ANSWER)
    for connection in connections:
        connection.read_all()
        connection.close()


def draw_apart(chance: random.Random) -> dict[str, float]:
    """All four SYNs arrive before the first third packet, and no two third packets together."""
    return {"delay_ms": chance.randint(20, 50), "apart": 0.005}


SYN_COOKIES = Scenario(
    id="syn-cookies",
    shows="Four SYNs of a client without timestamps meet a server with room for two half-open connections: it answers "
    "the third and fourth with SYN cookies, and they lose window scaling and SACK.",
    twin="window-scale-off",
    client=four_at_once,
    server=answer_four,
    draw=draw_apart,
    client_sysctls={"net.ipv4.tcp_timestamps": "0"},
    server_sysctls={"net.ipv4.tcp_syncookies": "1"},
    findings_client=("syn-cookies", "window-scaling-absent", "sack-absent"),
    findings_server=("syn-cookies", "window-scaling-absent", "sack-absent"),
    never=("timestamps-absent", "accept-queue-full"),
)

SCENARIOS = [
    _off("window-scale", "tcp_window_scaling"),
    WINDOW_SCALE_BROKEN,
    _off("selective-acknowledgement", "tcp_sack"),
    _stripped("selective-acknowledgement", SACK_PERMITTED),
    _off("timestamps", "tcp_timestamps"),
    _stripped("timestamps", TIMESTAMPS),
    SYN_COOKIES,
]

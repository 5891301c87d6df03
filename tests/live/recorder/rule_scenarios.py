"""One scenario for each thing that the link can do; the client sends, the server reads."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from cases.recorder.namespaces import End
from cases.recorder.rules import (
    CLIENT,
    SERVER,
    Passage,
    Rate,
    black_hole,
    clamp_mss,
    corrupt,
    delay,
    drop,
    duplicate,
    inject,
    miss,
    partition,
    reorder,
    strip_option,
)
from cases.recorder.scenario import Scenario
from cases.recorder.scripts import MSS, read_all_and_close, send_segments
from cases.recorder.segment import Flag, crafted

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from cases.recorder.program import Program
    from cases.recorder.rules import Rule

SACK_PERMITTED = 4


def draw(chance: random.Random) -> dict[str, float]:
    return {"delay_ms": 10, "segments": 8}


def with_rules(name: str, *rules: object, **more: object) -> Scenario:
    """Eight segments under rules; each rule is made anew for every recording, for rules count."""

    def made(_: object) -> Sequence[Rule]:
        return [rule() for rule in rules]  # type: ignore[operator]

    return Scenario(id=name, shows=name, client=send_segments, server=read_all_and_close, draw=draw, rules=made, **more)  # type: ignore[arg-type]


def reset_from_nowhere(passage: Passage) -> bytes:
    return crafted(passage.frame, flags=Flag.RST, seq=passage.segment.ack, ttl=33, reverse=True)


def two_parts(me: Program) -> None:
    connection = me.connect()
    connection.send(MSS)
    me.at(0.6)
    connection.send(MSS)
    connection.close()


def stop_reader(me: Program) -> None:
    me.signal_other(signal.SIGSTOP)  # before its kernel has a connection that it could be given
    connection = me.connect()
    connection.send(100)
    me.sleep(0.4)
    me.signal_other(signal.SIGCONT)
    connection.close()


SCENARIOS = [
    with_rules("plain"),
    with_rules("drop", lambda: drop(CLIENT.data.new.nth(3))),
    with_rules("delay", lambda: delay(CLIENT.data.new.nth(3), 0.05)),
    with_rules("reorder", lambda: reorder(CLIENT.data.new.nth(3), behind=2)),
    with_rules("duplicate", lambda: duplicate(CLIENT.data.new.nth(3), after=0.003)),
    with_rules("corrupt", lambda: corrupt(CLIENT.data.new.nth(3), offset=5)),
    with_rules("miss", lambda: miss(CLIENT.data.new.nth(3), at=End.SERVER)),
    with_rules("clamp", lambda: clamp_mss(1000)),
    with_rules("strip", lambda: strip_option(SACK_PERMITTED, CLIENT)),
    with_rules("hops", hops=9),
    with_rules("ipv6", lambda: drop(CLIENT.data.new.nth(3)), ipv6=True),
    with_rules("black-hole", lambda: black_hole(End.CLIENT, 1400, router="10.9.200.1")),
    with_rules(
        "inject",
        lambda: inject(CLIENT.data.new.nth(2), End.CLIENT, reset_from_nowhere, after=0.002),
        may_fail=frozenset({"ECONNRESET", "EPIPE", "ENOTCONN"}),
    ),
    Scenario(
        id="partition",
        shows="partition",
        client=two_parts,
        server=read_all_and_close,
        draw=draw,
        rules=lambda _: [partition(0.5, 1.0)],
    ),
    Scenario(
        id="rate",
        shows="rate",
        client=send_segments,
        server=read_all_and_close,
        draw=draw,
        rates=lambda _: [Rate(End.CLIENT, 1_000_000, 100_000)],
    ),
    Scenario(
        id="acks-lost",
        shows="acks-lost",
        client=send_segments,
        server=read_all_and_close,
        draw=draw,
        rules=lambda _: [drop(SERVER.ack_only.first(2))],
    ),
    Scenario(id="stopped", shows="stopped", client=stop_reader, server=read_all_and_close, draw=draw),
]

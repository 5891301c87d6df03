"""RSTs that neither end has sent."""

from __future__ import annotations

import random

from cases.recorder.namespaces import End
from cases.recorder.program import Program
from cases.recorder.rules import ANY, CLIENT, SERVER, Passage, Rule, drop, inject
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scenarios.resets import GONE, RESET, ask_again_after_idle, ask_and_read_to_the_end, draw_idle
from cases.recorder.scripts import ANSWER, REQUEST, answer_until_closed
from cases.recorder.segment import Flag, crafted


def reset_like(passage: Passage, ttl: int, ahead: int = 0) -> bytes:
    """A RST against the sender of a segment, in the name of its peer."""
    seq = passage.segment.ack + ahead & 0xFFFF_FFFF
    return crafted(passage.frame, flags=Flag.RST, seq=seq, ttl=ttl, reverse=True)


def draw_injector(chance: random.Random) -> dict[str, float]:
    """Where the injector is, by TTL and by time, and how far its sequence number is off when it guesses."""
    return {
        "delay_ms": chance.randint(30, 70),
        "ttl": chance.choice([47, 61, 62, 120]),
        "ahead": chance.randint(1000, 9000),
    }


def inject_toward_client(p: Parameters) -> list[Rule]:
    """On seeing the request the injector resets the client; the request passes."""
    request = CLIENT.data.new.nth(1)
    return [inject(request, End.CLIENT, lambda passage: reset_like(passage, p.ttl), after=p.delay_ms / 1000)]


INJECTED_RESET = Scenario(
    id="injected-reset",
    shows="Somebody on the way answers the request with a RST in the server's name; the server knows nothing of it.",
    twin="unread-data",
    client=ask_and_read_to_the_end,
    server=answer_until_closed,
    draw=draw_injector,
    rules=inject_toward_client,
    may_fail=GONE,
    findings_client=("rst-injected",),
    findings_server=("rst-dead-connection",),
    never=("rst-unread-data", "connection-refused", "idle-connection-dropped"),
)


def inject_toward_both(p: Parameters) -> list[Rule]:
    """On seeing the request the injector keeps it back and resets both ends."""

    def onward(passage: Passage) -> bytes:
        return crafted(passage.frame, flags=Flag.RST, seq=passage.segment.seq, ttl=p.ttl)

    after = p.delay_ms / 1000
    request = [CLIENT.data.new.nth(1) for _ in range(3)]
    return [
        drop(request[0]),
        inject(request[1], End.CLIENT, lambda passage: reset_like(passage, p.ttl), after),
        inject(request[2], End.SERVER, onward, after),
    ]


INJECTED_RESET_BOTH = Scenario(
    id="injected-reset-both-ends",
    shows="Somebody on the way keeps the request back and resets both ends, to each in the name of the other.",
    twin="injected-reset",
    client=ask_and_read_to_the_end,
    server=answer_until_closed,
    draw=draw_injector,
    rules=inject_toward_both,
    may_fail=RESET,
    findings_client=("rst-injected",),
    findings_server=("rst-injected",),
    never=("rst-unread-data", "idle-connection-dropped", "accept-queue-full"),
)


def inject_beside(p: Parameters) -> list[Rule]:
    """The injector guesses: its sequence number is within the window, but not the next one."""
    request = CLIENT.data.new.nth(1)
    return [inject(request, End.CLIENT, lambda passage: reset_like(passage, p.ttl, p.ahead), after=p.delay_ms / 1000)]


def ask_read_close(me: Program) -> None:
    """An ordinary request."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.close()


INJECTED_RESET_IGNORED = Scenario(
    id="injected-reset-ignored",
    shows="Somebody injects a RST with a guessed sequence number: the client answers with a challenge ACK, and the "
    "connection goes on.",
    twin="injected-reset",
    client=ask_read_close,
    server=answer_until_closed,
    draw=draw_injector,
    rules=inject_beside,
    findings_client=("rst-injected", "challenge-ack"),
    never=("rst-dead-connection", "rst-abortive-close"),
)


def draw_forger(chance: random.Random) -> dict[str, float]:
    """How long the link takes, and the TTL of the forged segment."""
    return {"delay_ms": chance.randint(30, 70), "ttl": chance.choice([47, 61, 62, 120])}


def overtake_the_answer(p: Parameters) -> list[Rule]:
    """On seeing the answer somebody nearer to the client sends another with the same numbers, which arrives first."""

    def forged(passage: Passage) -> bytes:
        segment = passage.segment
        text = (b"<a href=http://elsewhere.example/>your prize</a> " * segment.length)[: segment.length]
        flags = Flag.PSH | Flag.ACK
        return crafted(
            passage.frame, flags=flags, seq=segment.seq, ack=segment.ack, window=segment.window, payload=text, ttl=p.ttl
        )

    return [inject(SERVER.data.new.nth(1), End.CLIENT, forged, after=p.delay_ms / 2000)]


INJECTED_CONTENT = Scenario(
    id="injected-content",
    shows="Somebody on the way overtakes the server's answer by one of his own with the same numbers: the client takes "
    "that, and drops the server's as a copy.",
    twin="injected-reset",
    client=ask_read_close,
    server=answer_until_closed,
    draw=draw_forger,
    rules=overtake_the_answer,
    findings_client=("content-conflict",),
    findings_perhaps=("duplicated-by-network", "spurious-retransmission"),
    never=("rst-injected", "checksum-error", "rst-dead-connection"),
)


def forget_and_reset(p: Parameters) -> list[Rule]:
    """A NAT forgets the connection after a second without traffic and resets whoever uses it."""
    return [
        drop(ANY.after(1.2)),
        inject(CLIENT.data.after(1.2), End.CLIENT, lambda passage: reset_like(passage, 63), after=p.delay_ms / 2000),
    ]


def answer_once_and_wait(me: Program) -> None:
    """Answers one request and waits for a second that never arrives."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    me.at(me.p.asks_at + 0.3)


IDLE_RESET_ON_THE_WAY = Scenario(
    id="idle-connection-reset-on-the-way",
    shows="A NAT has forgotten the idle connection: it answers the next request with a RST in the server's name.",
    twin="reset-dead-connection",
    client=ask_again_after_idle,
    server=answer_once_and_wait,
    draw=draw_idle,
    rules=forget_and_reset,
    may_fail=RESET,
    findings_client=("idle-connection-dropped", "rst-dead-connection"),
    findings_perhaps=("tail-loss", "retransmission-timeout", "client-think-time"),
    never=("rst-unread-data", "path-lost"),
)

SCENARIOS = [INJECTED_RESET, INJECTED_RESET_BOTH, INJECTED_RESET_IGNORED, INJECTED_CONTENT, IDLE_RESET_ON_THE_WAY]

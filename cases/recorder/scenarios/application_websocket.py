"""WebSocket conversations: how they end, and how they are compressed."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wsproto.extensions import PerMessageDeflate

from cases.recorder.scenario import Scenario
from cases.recorder.web_programs import WebSocketEnd

if TYPE_CHECKING:
    from collections.abc import Callable

    from cases.recorder.program import Connection, Program

NORMAL: Final = 1000
INTERNAL_ERROR: Final = 1011
_WORDS: Final = [
    "hello",
    "is",
    "there",
    "anybody",
    "who",
    "can",
    "tell",
    "me",
    "what",
    "time",
    "it",
    "is",
    "in",
    "the",
    "town",
    "over",
    "the",
    "hill",
]


def draw(chance: random.Random) -> dict[str, float]:
    """A few turns of messages, short and long."""
    return {
        "delay_ms": chance.randint(5, 40),
        "turns": chance.randint(2, 5),
        "long": chance.randint(2_000, 9_000),
        "fragments": chance.randint(2, 4),
        "seed": chance.randint(1, 10_000),
    }


def message(me: Program, turn: int) -> str:
    """What is said in a turn: readable, and not the same twice; some are not ASCII."""
    chance = random.Random(f"{me.p.seed} {turn}")
    words = [chance.choice(_WORDS) for _ in range(chance.randint(3, 12))]
    return f"{turn}: {' '.join(words)}" + (" 你好" if turn % 2 else "")


def no_deflate() -> PerMessageDeflate | None:
    """Messages travel as they are."""
    return None


def with_takeover() -> PerMessageDeflate | None:
    """The compressor remembers earlier messages."""
    return PerMessageDeflate()


def without_takeover() -> PerMessageDeflate | None:
    """Each message is compressed on its own, with small windows."""
    return PerMessageDeflate(
        client_no_context_takeover=True,
        server_no_context_takeover=True,
        client_max_window_bits=10,
        server_max_window_bits=10,
    )


def talk(me: Program, deflate: Callable[[], PerMessageDeflate | None]) -> tuple[Connection, WebSocketEnd]:
    """The client's part up to the close."""
    connection = me.connect()
    end = WebSocketEnd(me, connection, deflate())
    end.upgrade(f"{me.peer_host}:{me.port}")
    for turn in range(int(me.p.turns)):
        end.say(message(me, turn))
        end.hear()
    end.ping(b"are you there")
    end.say(random.Random(me.p.seed).randbytes(int(me.p.long)), int(me.p.fragments))
    end.hear()
    return connection, end


def answer(me: Program, deflate: Callable[[], PerMessageDeflate | None]) -> tuple[Connection, WebSocketEnd]:
    """The server's part up to the close: says each message back."""
    connection = me.listen().accept()
    end = WebSocketEnd(me, connection, deflate())
    end.accept()
    for _ in range(int(me.p.turns) + 1):
        said = end.hear()
        if said is not None:
            end.say(said if isinstance(said, str) else f"{len(said)} bytes, thank you")
    return connection, end


def client_closes(deflate: Callable[[], PerMessageDeflate | None]) -> Callable[[Program], None]:
    """Closes as RFC 6455 wants it."""

    def script(me: Program) -> None:
        connection, end = talk(me, deflate)
        end.close(NORMAL, "bye")
        end.hear()
        connection.read_all()
        connection.close()

    return script


def server_follows(deflate: Callable[[], PerMessageDeflate | None]) -> Callable[[Program], None]:
    """Answers until the client closes, and its Close; then closes the connection, as servers should first."""

    def script(me: Program) -> None:
        connection, end = answer(me, deflate)
        end.hear()
        connection.close()

    return script


def client_vanishes(me: Program) -> None:
    """A tab is closed: the connection ends, the protocol says nothing."""
    connection, _ = talk(me, no_deflate)
    connection.close()


def client_resets(me: Program) -> None:
    """The program is killed while a message of the server is under way."""
    connection, _ = talk(me, no_deflate)
    me.tell(1)
    me.sleep(0.3)
    connection.abort()


def client_resets_in_mid_message(me: Program) -> None:
    """The program dies while it sends: half a frame has left."""
    connection, end = talk(me, no_deflate)
    whole = end.packed(random.Random(me.p.seed).randbytes(int(me.p.long)))
    connection.send(whole[: len(whole) // 2])
    me.sleep(0.3)
    connection.abort()


def server_waits(me: Program) -> None:
    """Waits for the rest of a message."""
    connection, end = answer(me, no_deflate)
    end.hear()
    connection.close()


def server_goes_on(me: Program) -> None:
    """Has more to say and meets the reset."""
    connection, end = answer(me, no_deflate)
    me.hear(1)
    end.say("one more thing")
    end.hear()
    connection.close()


def client_hears(me: Program) -> None:
    """Follows the server's Close."""
    connection, end = talk(me, no_deflate)
    end.hear()
    connection.read_all()
    connection.close()


def server_fails(me: Program) -> None:
    """An exception in the application: the library closes with 1011."""
    connection, end = answer(me, no_deflate)
    end.close(INTERNAL_ERROR, "database gone")
    end.hear()
    connection.close()


CHAT: Final = Scenario(
    id="websocket-chat",
    shows="A WebSocket conversation that ends as it should: Close, its answer, and then the connection.",
    twin="websocket-tab-closed",
    client=client_closes(no_deflate),
    server=server_follows(no_deflate),
    draw=draw,
    findings_client=("websocket-upgrade",),
    findings_server=("websocket-upgrade",),
    never=("websocket-abnormal-close",),
    findings_perhaps=("nagle-delayed-ack",),
)
TAKEOVER: Final = replace(
    CHAT,
    id="websocket-context-takeover",
    shows="The same with permessage-deflate: each message is compressed with what went before in mind.",
    twin="websocket-no-context-takeover",
    client=client_closes(with_takeover),
    server=server_follows(with_takeover),
    findings_client=("websocket-upgrade",),
    findings_server=("websocket-upgrade",),
    findings_perhaps=("nagle-delayed-ack",),
    never=("websocket-abnormal-close",),
)
NO_TAKEOVER: Final = replace(
    CHAT,
    id="websocket-no-context-takeover",
    shows="The same with permessage-deflate without context takeover: each message stands alone.",
    twin="websocket-context-takeover",
    client=client_closes(without_takeover),
    server=server_follows(without_takeover),
    findings_client=("websocket-upgrade",),
    findings_server=("websocket-upgrade",),
    findings_perhaps=("nagle-delayed-ack",),
    never=("websocket-abnormal-close",),
)
TAB_CLOSED: Final = replace(
    CHAT,
    id="websocket-tab-closed",
    shows="The client closes the connection without a Close frame, as a browser's tab may.",
    twin="websocket-chat",
    client=client_vanishes,
    findings_client=("websocket-upgrade", "websocket-abnormal-close"),
    findings_server=("websocket-upgrade", "websocket-abnormal-close"),
    findings_perhaps=("nagle-delayed-ack",),
    never=(),
)
RESET: Final = replace(
    CHAT,
    id="websocket-reset",
    shows="The client resets the connection without a Close frame while the server still talks.",
    twin="websocket-tab-closed",
    client=client_resets,
    server=server_goes_on,
    may_fail=frozenset({"ECONNRESET", "EPIPE"}),
    findings_client=("websocket-upgrade", "websocket-abnormal-close"),
    findings_server=("websocket-upgrade", "websocket-abnormal-close"),
    findings_perhaps=("rst-abortive-close", "nagle-delayed-ack"),
    never=(),
)
TORN: Final = replace(
    RESET,
    id="websocket-torn-message",
    shows="The client resets the connection in the middle of a message.",
    twin="websocket-reset",
    client=client_resets_in_mid_message,
    server=server_waits,
    findings_perhaps=("rst-abortive-close", "nagle-delayed-ack"),
)
SERVER_ERROR: Final = replace(
    CHAT,
    id="websocket-server-error",
    shows="The server closes with code 1011 after an error of its own.",
    twin="websocket-chat",
    client=client_hears,
    server=server_fails,
    findings_client=("websocket-upgrade", "websocket-abnormal-close"),
    findings_server=("websocket-upgrade", "websocket-abnormal-close"),
    findings_perhaps=("nagle-delayed-ack",),
    never=(),
)

SCENARIOS = [CHAT, TAKEOVER, NO_TAKEOVER, TAB_CLOSED, RESET, TORN, SERVER_ERROR]

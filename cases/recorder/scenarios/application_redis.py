"""Redis: queries that are slow and commands that wait, round trips one by one and at once, errors and logins."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cases.recorder.commands import launch, scratch
from cases.recorder.rules import CLIENT, SERVER, drop
from cases.recorder.scenario import Scenario

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from cases.recorder.program import Connection, Program

DONE: Final = 0
"""Mark: the client has ended."""
_PASSWORD: Final = "orchid"


def serve(*options: str) -> Callable[[Program], None]:
    """Redis that keeps nothing, until the client has ended."""

    def script(me: Program) -> None:
        words = ["redis-server", "--port", str(me.port), "--bind", me.host, "--dir", str(scratch()), "--save", ""]
        launch(
            me,
            [*words, "--appendonly", "no", "--protected-mode", "no", "--enable-debug-command", "yes", *options],
            me.port,
        )
        me.ready()
        me.hear(DONE)
        me.sleep(0.3)

    return script


class Redis:
    """A client's connection: commands, and as many replies."""

    def __init__(self, me: Program) -> None:
        self._me = me
        self._connection: Connection = me.connect()
        self._unread = b""

    def ask(self, *words: str) -> None:
        """One command and its reply."""
        self.ask_at_once([words])

    def ask_at_once(self, commands: list[tuple[str, ...]]) -> None:
        """A pipeline."""
        self._connection.send(b"".join(map(_command, commands)))
        for _ in commands:
            self._reply()

    def _reply(self) -> None:
        """Reads a reply to its end."""
        line = self._line()
        size = int(line[1:]) if line[:1] in b"$*" else -1
        if line[:1] == b"$" and size >= 0:
            while len(self._unread) < size + 2:
                self._unread += self._connection.raw.recv(65_536)
            self._unread = self._unread[size + 2 :]
        for _ in range(size if line[:1] == b"*" else 0):
            self._reply()

    def _line(self) -> bytes:
        while b"\r\n" not in self._unread:
            part = self._connection.raw.recv(65_536)
            if not part:
                raise ConnectionResetError("the server closed")
            self._unread += part
        line, _, self._unread = self._unread.partition(b"\r\n")
        return line

    def end(self) -> None:
        """Ends the connection."""
        self._connection.close()

    def close(self) -> None:
        """Ends the connection; the server may end, too."""
        self.end()
        self._me.tell(DONE)


def _command(words: tuple[str, ...]) -> bytes:
    parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
    return f"*{len(words)}\r\n{''.join(parts)}".encode()


# -- slow, and asked to wait -------------------------------------------------------------------


def draw_slow(chance: random.Random) -> dict[str, float]:
    """How long the server sleeps, and how many quick commands there are around it."""
    delay_ms = chance.randint(1, 60)
    return {"delay_ms": delay_ms, "sleep_ms": chance.randint(1_300, 4_000), "quick": chance.randint(3, 9)}


def ask_slowly(me: Program) -> None:
    """Quick commands, one that waits as asked, a slow one, quick ones."""
    redis = Redis(me)
    redis.ask("SET", "cart:4711", "3 items")
    for number in range(me.p.quick):
        redis.ask("GET", f"cart:{4_700 + number}")
    redis.ask("BLPOP", "jobs", "1")
    redis.ask("DEBUG", "SLEEP", str(me.p.sleep_ms / 1_000))
    redis.ask("GET", "cart:4711")
    redis.close()


def ask_to_wait(me: Program) -> None:
    """A worker at a queue in which nothing is."""
    redis = Redis(me)
    redis.ask("SET", "worker:1", "idle")
    for number in range(me.p.quick):
        redis.ask("GET", f"worker:{number}")
    redis.ask("BLPOP", "jobs", str(me.p.sleep_ms / 1_000))
    redis.ask("GET", "worker:1")
    redis.close()


SLOW: Final = Scenario(
    id="redis-slow",
    shows="Redis is busy for seconds with one command, and the client waits for its answer.",
    twin="redis-blocking",
    draw=draw_slow,
    client=ask_slowly,
    server=serve(),
    port=6379,
    findings_client=("slow-query", "asked-to-wait"),
    findings_server=("slow-query", "asked-to-wait"),
    findings_perhaps=("half-close",),
    never=("many-round-trips", "database-errors", "server-think-time"),
)
BLOCKING: Final = replace(
    SLOW,
    id="redis-blocking",
    shows="A worker asks Redis to wait until there is a job; nothing is slow.",
    twin="redis-slow",
    client=ask_to_wait,
    findings_client=("asked-to-wait",),
    findings_server=("asked-to-wait",),
    never=("slow-query", "many-round-trips", "database-errors", "server-think-time"),
)


# -- round trips -------------------------------------------------------------------------------


def draw_trips(chance: random.Random) -> dict[str, float]:
    """A way of 15 ms and more, so that the round trips count."""
    return {"delay_ms": chance.randint(15, 60), "keys": chance.randint(30, 120)}


def _keys(me: Program) -> list[tuple[str, ...]]:
    return [("GET", f"user:{1_000 + 7 * number}") for number in range(me.p.keys)]


def ask_one_by_one(me: Program) -> None:
    """A loop that asks for one key after the other."""
    redis = Redis(me)
    redis.ask("SET", "user:1007", "Ada")
    for words in _keys(me):
        redis.ask(*words)
    redis.close()


def ask_at_once(me: Program) -> None:
    """The same keys in a pipeline."""
    redis = Redis(me)
    redis.ask("SET", "user:1007", "Ada")
    redis.ask_at_once(_keys(me))
    redis.close()


ONE_BY_ONE: Final = replace(
    SLOW,
    id="redis-one-by-one",
    shows="A client asks for many keys, each after the answer to the one before.",
    twin="redis-pipeline",
    draw=draw_trips,
    client=ask_one_by_one,
    findings_client=("many-round-trips",),
    findings_server=("many-round-trips",),
    never=("slow-query", "asked-to-wait", "database-errors"),
)
PIPELINE: Final = replace(
    ONE_BY_ONE,
    id="redis-pipeline",
    shows="A client asks for many keys at once.",
    twin="redis-one-by-one",
    client=ask_at_once,
    findings_client=(),
    findings_server=(),
    never=("slow-query", "asked-to-wait", "many-round-trips", "database-errors"),
)


# -- loss --------------------------------------------------------------------------------------


def draw_loss(chance: random.Random) -> dict[str, float]:
    """Which of the requests, or of the answers, is lost."""
    return {"delay_ms": chance.randint(2, 40), "keys": chance.randint(8, 15), "lost": chance.randint(4, 7)}


LOST_REQUEST: Final = replace(
    SLOW,
    id="redis-request-lost",
    shows="A request is lost and sent again: its answer comes late, and Redis was quick.",
    twin="redis-slow",
    draw=draw_loss,
    client=ask_one_by_one,
    rules=lambda p: [drop(CLIENT.data.new.nth(p.lost))],
    findings_client=(),
    findings_server=(),
    findings_perhaps=("tail-loss", "retransmission-timeout", "spurious-retransmission", "client-think-time"),
    never=("slow-query", "asked-to-wait", "many-round-trips", "database-errors", "closed-while-idle"),
)
LOST_ANSWER: Final = replace(
    LOST_REQUEST,
    id="redis-answer-lost",
    shows="An answer is lost and sent again: it comes late, and Redis was quick.",
    rules=lambda p: [drop(SERVER.data.new.nth(p.lost))],
)


# -- errors ------------------------------------------------------------------------------------


def draw_errors(chance: random.Random) -> dict[str, float]:
    """Few enough not to be about round trips."""
    return {"delay_ms": chance.randint(1, 40), "wrong": chance.randint(6, 14), "right": chance.randint(2, 5)}


def ask_for_the_wrong_type(me: Program) -> None:
    """Two parts of a program use one key for a list and for a text."""
    redis = Redis(me)
    redis.ask("LPUSH", "basket:8", "bread")
    for number in range(me.p.right):
        redis.ask("LPUSH", "basket:8", f"item {number}")
    for _ in range(me.p.wrong):
        redis.ask("GET", "basket:8")
    redis.close()


def ask_for_nothing(me: Program) -> None:
    """Keys that are not there: no errors."""
    redis = Redis(me)
    redis.ask("LPUSH", "basket:8", "bread")
    for number in range(me.p.wrong):
        redis.ask("GET", f"basket:{9 + number}")
    redis.close()


def log_in(password: str) -> Callable[[Program], None]:
    """A login, and a command."""

    def script(me: Program) -> None:
        redis = Redis(me)
        redis.ask("AUTH", password)
        redis.ask("GET", "basket:8")
        redis.close()

    return script


WRONG_TYPE: Final = replace(
    SLOW,
    id="redis-wrong-type",
    shows="A program asks for a list as if it were a text, again and again.",
    twin="redis-nothing-there",
    draw=draw_errors,
    client=ask_for_the_wrong_type,
    findings_client=("database-errors",),
    findings_server=("database-errors",),
    never=("slow-query", "asked-to-wait", "many-round-trips"),
)
NOTHING_THERE: Final = replace(
    WRONG_TYPE,
    id="redis-nothing-there",
    shows="A program asks for keys that do not exist.",
    twin="redis-wrong-type",
    client=ask_for_nothing,
    findings_client=(),
    findings_server=(),
    never=("slow-query", "asked-to-wait", "many-round-trips", "database-errors"),
)
REFUSED: Final = replace(
    WRONG_TYPE,
    id="redis-wrong-password",
    shows="A client logs in with a password that the server does not have.",
    twin="redis-login",
    client=log_in("tulip"),
    server=serve("--requirepass", _PASSWORD),
)
ADMITTED: Final = replace(
    REFUSED,
    id="redis-login",
    shows="A client logs in.",
    twin="redis-wrong-password",
    client=log_in(_PASSWORD),
    findings_client=(),
    findings_server=(),
    never=("slow-query", "asked-to-wait", "many-round-trips", "database-errors"),
)
# -- the server's idle limit -------------------------------------------------------------------


def draw_idle(chance: random.Random) -> dict[str, float]:
    """How long the client leaves its connection alone: longer than the server does."""
    return {"delay_ms": chance.randint(1, 60), "idle": chance.randint(5, 9), "quick": chance.randint(2, 6)}


def come_back(me: Program) -> None:
    """A pool that keeps a connection and hands it out again, without a look whether it is still there."""
    redis = Redis(me)
    for number in range(me.p.quick):
        redis.ask("GET", f"user:{number}")
    me.sleep(me.p.idle)
    with suppress(ConnectionResetError):
        redis.ask("GET", "user:1")
    redis.close()


IDLE: Final = replace(
    SLOW,
    id="redis-idle-limit",
    shows="Redis ends an idle connection; the client uses it again without looking.",
    twin="redis-no-idle-limit",
    draw=draw_idle,
    client=come_back,
    server=serve("--timeout", "2"),
    findings_client=("closed-while-idle",),
    findings_server=("closed-while-idle",),
    findings_perhaps=("data-after-close", "client-think-time", "half-close", "close-wait-leak"),
    never=("slow-query", "asked-to-wait", "many-round-trips", "database-errors"),
)
NO_LIMIT: Final = replace(
    IDLE,
    id="redis-no-idle-limit",
    shows="Redis keeps an idle connection, and the client uses it again.",
    twin="redis-idle-limit",
    server=serve(),
    findings_client=(),
    findings_server=(),
    findings_perhaps=("client-think-time", "half-close"),
    never=("slow-query", "asked-to-wait", "many-round-trips", "database-errors", "closed-while-idle"),
)
SCENARIOS = [
    IDLE,
    NO_LIMIT,
    LOST_REQUEST,
    LOST_ANSWER,
    SLOW,
    BLOCKING,
    ONE_BY_ONE,
    PIPELINE,
    WRONG_TYPE,
    NOTHING_THERE,
    REFUSED,
    ADMITTED,
]

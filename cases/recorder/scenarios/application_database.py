"""Connections to databases: opened for one query each, one too many, refused; results that nobody reads; cancelled."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from cases.recorder.database_servers import (
    DONE,
    PASSWORD,
    ROWS,
    mariadb,
    postgresql,
    redis,
    refused,
    to_mariadb,
    to_postgresql,
)
from cases.recorder.rules import SERVER, Rate
from cases.recorder.scenario import Scenario
from cases.recorder.scenarios.application_redis import Redis

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from cases.recorder.program import Program

_PORTS: Final = {"mariadb": 3306, "postgresql": 5432, "redis": 6379}
_NEVER: Final = (
    "connection-churn", "too-many-connections", "result-not-read", "database-encryption", "protocol-mismatch",
    "query-cancelled", "logins-refused", "database-errors", "many-round-trips", "closed-while-idle",
)  # fmt: skip


#: What the machine's load, and how libraries end connections, add to the stories.
_PERHAPS: Final = (
    "half-close", "rst-abortive-close", "client-think-time", "four-packet-close", "data-after-close", "slow-query",
    "simultaneous-close", "server-think-time", "tail-loss", "spurious-retransmission", "retransmission-timeout",
)  # fmt: skip


def _told(*names: str) -> dict[str, tuple[str, ...]]:
    """That both captures show just ``names``."""
    return {
        "findings_client": names,
        "findings_server": names,
        "never": tuple(name for name in _NEVER if name not in names),
    }


def draw(chance: random.Random) -> dict[str, float]:
    """A way, and counts that the stories use."""
    return {
        "delay_ms": chance.randint(5, 30),
        "times": chance.randint(13, 30),
        "each": chance.randint(1, 2),
        "pause_ms": chance.randint(0, 60),
        "rows": chance.randint(4_000, 12_000),
        "size": chance.randint(150, 400),
        "stop_ms": chance.randint(1_200, 3_000),
        "wait_ms": chance.randint(1_300, 2_600),
        "seats": chance.randint(11, 14),
    }


class _Sql:
    """A connection to a server of SQL, whichever."""

    def __init__(self, me: Program, kind: str, **more: Any) -> None:
        self.kind = kind
        self.raw: Any = to_mariadb(me, **more) if kind == "mariadb" else to_postgresql(me, **more)

    def ask(self, statement: str) -> None:
        with self.raw.cursor() as cursor:
            cursor.execute(statement)
            if cursor.description:
                cursor.fetchall()

    def close(self) -> None:
        self.raw.close()


class _Store:
    """A connection to Redis."""

    def __init__(self, me: Program) -> None:
        self._redis = Redis(me)
        self._redis.ask("AUTH", PASSWORD)

    def ask(self, _statement: str) -> None:
        self._redis.ask("GET", "orders:1")

    def close(self) -> None:
        self._redis.end()


def _reach(me: Program, kind: str) -> _Sql | _Store:
    return _Store(me) if kind == "redis" else _Sql(me, kind)


def _base(kind: str, server: Callable[[Program], None], **more: Any) -> Scenario:
    how: dict[str, Any] = {"draw": draw, "port": _PORTS[kind], "limit": 60.0, "server": server, **more}
    how.setdefault("findings_perhaps", ())
    how["findings_perhaps"] = (*how["findings_perhaps"], *_PERHAPS)
    return Scenario(**how)


# -- a connection for each query -----------------------------------------------------------------


def _again_and_again(kind: str) -> Callable[[Program], None]:
    def script(me: Program) -> None:
        for _ in range(me.p.times):
            one = _reach(me, kind)
            for number in range(me.p.each):
                one.ask(f"SELECT {number}")
            one.close()
            me.sleep(me.p.pause_ms / 1_000)
        me.tell(DONE)

    return script


def _pooled(kind: str) -> Callable[[Program], None]:
    def script(me: Program) -> None:
        one = _reach(me, kind)
        for number in range(me.p.times):
            one.ask(f"SELECT {number}")
            me.sleep(0.03 + me.p.pause_ms / 1_000)
        one.close()
        me.tell(DONE)

    return script


_SERVERS: Final = {
    "mariadb": mariadb(),
    "postgresql": postgresql(),
    "redis": redis("--requirepass", PASSWORD),
}
_CHURN: Final = [
    scenario
    for kind, server in _SERVERS.items()
    for scenario in (
        _base(
            kind,
            server,
            id=f"{kind}-connection-for-each-query",
            shows="A program opens a connection to the database for each query, and logs in each time.",
            twin=f"{kind}-pool",
            client=_again_and_again(kind),
            **_told("connection-churn"),
        ),
        _base(
            kind,
            server,
            id=f"{kind}-pool",
            shows="A program asks as many queries over one connection.",
            twin=f"{kind}-connection-for-each-query",
            client=_pooled(kind),
            findings_perhaps=("many-round-trips",),
            **{**_told(), "never": ("connection-churn", "too-many-connections", "database-errors")},
        ),
    )
]


# -- one too many --------------------------------------------------------------------------------


def _fill(kind: str, seats: int) -> Callable[[Program], None]:
    """Connections that stay, ``seats`` of them, and three more."""

    def script(me: Program) -> None:
        kept = []
        for _ in range(seats):
            one = _reach(me, kind)
            one.ask("SELECT 1")
            kept.append(one)
        for _ in range(3):
            with suppress(OSError):
                if refused(lambda: kept.append(_reach(me, kind))):
                    me.sleep(0.05)
        for one in kept:
            one.close()
        me.tell(DONE)

    return script


_FULL: Final = {
    "mariadb": (mariadb("--max-connections=10"), 11),  # one more for who administers
    "postgresql": (postgresql("max_connections = 8", "superuser_reserved_connections = 0", "max_wal_senders = 0"), 8),
    "redis": (redis("--requirepass", PASSWORD, "--maxclients", "6"), 6),
}
_SEATS: Final = [
    scenario
    for kind, (server, seats) in _FULL.items()
    for scenario in (
        _base(
            kind,
            server,
            id=f"{kind}-full",
            shows="The database has as many connections as it takes, and refuses those that come.",
            twin=f"{kind}-nearly-full",
            client=_fill(kind, seats),
            **_told("too-many-connections"),
        ),
        _base(
            kind,
            _SERVERS[kind],
            id=f"{kind}-nearly-full",
            shows="A database takes as many connections.",
            twin=f"{kind}-full",
            client=_fill(kind, seats),
            **_told(),
        ),
    )
]


# -- a result that nobody reads ------------------------------------------------------------------


def _stops_reading(kind: str) -> Callable[[Program], None]:
    """The client begins to read the rows, does something else, and reads on."""

    def script(me: Program) -> None:
        if kind == "mariadb":
            from pymysql.cursors import SSCursor

            one = to_mariadb(me, cursorclass=SSCursor)
            _small_buffer(one._sock)
            with one.cursor() as cursor:
                cursor.execute(ROWS[kind].format(rows=me.p.rows, size=me.p.size))
                cursor.fetchmany(100)
                me.sleep(me.p.stop_ms / 1_000)
                cursor.fetchall()
            one.close()
        else:
            other = to_postgresql(me)
            with socket.socket(fileno=other.fileno()) as raw:
                _small_buffer(raw)
                raw.detach()
            with other.cursor() as rows:
                for number, _row in enumerate(rows.stream(ROWS[kind].format(rows=me.p.rows, size=me.p.size))):
                    if number == 100:
                        me.sleep(me.p.stop_ms / 1_000)
            other.close()
        me.tell(DONE)

    return script


def _reads(kind: str) -> Callable[[Program], None]:
    def script(me: Program) -> None:
        one = _Sql(me, kind)
        one.ask(ROWS[kind].format(rows=me.p.rows, size=me.p.size))
        one.close()
        me.tell(DONE)

    return script


def _small_buffer(raw: socket.socket) -> None:
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)


_UNREAD: Final = [
    scenario
    for kind in ROWS
    for scenario in (
        _base(
            kind,
            _SERVERS[kind],
            id=f"{kind}-result-not-read",
            shows="A client stops in the middle of a result and does something else.",
            twin=f"{kind}-narrow-way",
            client=_stops_reading(kind),
            findings_perhaps=("zero-window", "slow-receiver", "receive-window-limited", "window-shrunk"),
            **_told("result-not-read"),
        ),
        _base(
            kind,
            _SERVERS[kind],
            id=f"{kind}-narrow-way",
            shows="A client reads a result as it comes, over a narrow way.",
            twin=f"{kind}-result-not-read",
            client=_reads(kind),
            rates=lambda _: [Rate(SERVER, 6_000_000, 60_000)],
            findings_perhaps=(
                "fast-retransmission", "path-limited", "queueing-delay", "retransmission-timeout", "tail-loss",
                "lost-retransmission", "receive-window-limited", "out-of-order",
                "slow-receiver", "zero-window", "result-not-read",  # where the machine is too busy to read
            ),
            **{**_told(), "never": ("connection-churn", "query-cancelled", "database-errors")},
        ),
    )
]  # fmt: skip


# -- logins --------------------------------------------------------------------------------------


def _log_in(kind: str, password: str, times: int = 1) -> Callable[[Program], None]:
    def script(me: Program) -> None:
        def attempt() -> None:
            if kind == "redis":
                store = Redis(me)
                store.ask("AUTH", password)
                store.end()
            else:
                one = _Sql(me, kind, password=password)
                one.ask("SELECT 1")
                one.close()

        for _ in range(times):
            refused(attempt)
            me.sleep(0.2)
        me.tell(DONE)

    return script


_LOGINS: Final = [
    scenario
    for kind, server in _SERVERS.items()
    for scenario in (
        _base(
            kind,
            server,
            id=f"{kind}-logins-refused",
            shows="A program tries to log in again and again with a password that the database does not have.",
            twin=f"{kind}-login-refused",
            client=_log_in(kind, "tulip", 6),
            **_told("database-errors", "logins-refused"),
        ),
        _base(
            kind,
            server,
            id=f"{kind}-login-refused",
            shows="Somebody gives a wrong password once.",
            twin=f"{kind}-logged-in",
            client=_log_in(kind, "tulip"),
            **_told("database-errors"),
        ),
        _base(
            kind,
            server,
            id=f"{kind}-logged-in",
            shows="Somebody logs in a few times.",
            twin=f"{kind}-login-refused",
            client=_log_in(kind, PASSWORD, 4),
            **_told(),
        ),
    )
]


# -- encryption ----------------------------------------------------------------------------------


def _with(kind: str, **how: Any) -> Callable[[Program], None]:
    """One query over a connection that is made so."""

    def script(me: Program) -> None:
        def attempt() -> None:
            one = _Sql(me, kind, **how)
            one.ask("SELECT 1")
            one.close()

        refused(attempt)
        me.tell(DONE)

    return script


def _no_checks() -> dict[str, Any]:
    return {"ssl": {"check_hostname": False, "verify_mode": "none"}}


_TLS_ONLY: Final = ("hostssl all all all scram-sha-256", "host all all all reject")
_TLS: Final = [
    _base(
        "postgresql",
        _SERVERS["postgresql"],
        id="postgresql-tls-declined",
        shows="A client asks for TLS, the server has none, and both go on in plain text.",
        twin="postgresql-tls",
        client=_with("postgresql", sslmode="prefer"),
        **_told("database-encryption"),
    ),
    _base(
        "postgresql",
        _SERVERS["postgresql"],
        id="postgresql-tls-insisted",
        shows="A client insists on TLS, and the server has none.",
        twin="postgresql-tls-declined",
        client=_with("postgresql", sslmode="require"),
        **_told("database-encryption"),
    ),
    _base(
        "postgresql",
        postgresql(rules=_TLS_ONLY, tls=True),
        id="postgresql-tls-demanded",
        shows="A client connects in plain text to a server that admits nobody without TLS.",
        twin="postgresql-tls",
        client=_with("postgresql", sslmode="disable"),
        **_told("database-encryption"),
    ),
    _base(
        "postgresql",
        postgresql(rules=_TLS_ONLY, tls=True),
        id="postgresql-tls",
        shows="A client asks for TLS and gets it.",
        twin="postgresql-tls-demanded",
        client=_with("postgresql", sslmode="require"),
        findings_perhaps=("tls-handshake",),
        **_told(),
    ),
    _base(
        "mariadb",
        mariadb("--require-secure-transport=ON", tls=True),
        id="mariadb-tls-demanded",
        shows="A client connects in plain text to a server that admits nobody without TLS.",
        twin="mariadb-tls",
        client=_with("mariadb"),
        **_told("database-errors"),  # MariaDB says no more than that the login was refused
    ),
    _base(
        "mariadb",
        mariadb("--require-secure-transport=ON", tls=True),
        id="mariadb-tls",
        shows="A client turns to TLS.",
        twin="mariadb-tls-demanded",
        client=_with("mariadb", **_no_checks()),
        findings_perhaps=("tls-handshake",),
        **_told(),
    ),
]


# -- another protocol ----------------------------------------------------------------------------

_HTTP: Final = b"GET /health HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: probe/1.0\r\nAccept: */*\r\n\r\n"
_STARTUP: Final = b"\0\0\0\x08\x04\xd2\x16\x2f"


def _says(what: bytes) -> Callable[[Program], None]:
    """A client that says something and reads what comes."""

    def script(me: Program) -> None:
        connection = me.connect()
        connection.send(what)
        connection.raw.settimeout(1.5)
        with suppress(OSError):
            connection.read_all()
        with suppress(OSError):
            connection.close()
        me.tell(DONE)

    return script


def _odd(kind: str, name: str, shows: str, what: bytes, *findings: str) -> Scenario:
    return _base(
        kind, _SERVERS[kind], id=f"{kind}-{name}", shows=shows, twin=f"{kind}-logged-in", client=_says(what),
        may_fail=frozenset({"ECONNRESET"}),
        findings_perhaps=("rst-unread-data", "http-error-response", "server-think-time", "closed-while-idle"),
        **{**_told(*findings), "never": ("connection-churn", "too-many-connections", "result-not-read")},
    )  # fmt: skip


_MISMATCHES: Final = [
    _odd("mariadb", "http", "A health check speaks HTTP to the port of MariaDB.", _HTTP, "protocol-mismatch"),
    _odd("mariadb", "postgresql", "A client of PostgreSQL asks MariaDB for TLS.", _STARTUP, "protocol-mismatch"),
    _odd("redis", "http", "A health check speaks HTTP to the port of Redis, which closes without a word.", _HTTP),
    _odd("redis", "garbled", "A broken client sends a command with a wrong length.", b"*1\r\n$abc\r\nPING\r\n",
         "protocol-mismatch"),
    _odd("mariadb", "redis", "A client of Redis speaks to the port of MariaDB.", b"*1\r\n$4\r\nPING\r\n",
         "protocol-mismatch"),
]  # fmt: skip


# -- cancelled -----------------------------------------------------------------------------------

_SLEEPS: Final = {
    "mariadb": "SELECT COUNT(*) FROM shop.numbers a, shop.numbers b, shop.numbers c",
    "postgresql": "SELECT count(*) FROM generate_series(1, 50000) AS a, generate_series(1, 50000) AS b",  # on no disk
}


def _cancels(kind: str) -> Callable[[Program], None]:
    """Somebody else ends a statement that takes long."""

    def script(me: Program) -> None:
        refused(lambda: None)  # what it needs is loaded then: the statement must not begin after its end
        one = _Sql(me, kind)
        one.ask("SELECT 1")
        if kind == "mariadb":
            other = to_mariadb(me)

            def end() -> None:
                time.sleep(me.p.wait_ms / 1_000)
                other.query(f"KILL QUERY {one.raw.thread_id()}")
                other.close()
        else:

            def end() -> None:
                time.sleep(me.p.wait_ms / 1_000)
                one.raw.cancel_safe()

        ends = threading.Thread(target=end)
        ends.start()
        refused(lambda: one.ask(_SLEEPS[kind]))
        ends.join()
        one.ask("SELECT 2")
        one.close()
        me.tell(DONE)

    return script


def _times_out(kind: str) -> Callable[[Program], None]:
    """The server ends a statement that takes longer than the client allowed."""

    def script(me: Program) -> None:
        one = _Sql(me, kind)
        if kind == "mariadb":
            one.ask(f"SET max_statement_time = {me.p.wait_ms / 1_000}")
        else:
            one.ask(f"SET statement_timeout = {me.p.wait_ms}")
        refused(lambda: one.ask(_SLEEPS[kind]))
        one.ask("SELECT 2")
        one.close()
        me.tell(DONE)

    return script


_CANCELLED: Final = [
    scenario
    for kind in _SLEEPS
    for scenario in (
        _base(
            kind,
            _SERVERS[kind],
            id=f"{kind}-cancelled",
            shows="A client cancels its statement.",
            twin=f"{kind}-timed-out",
            client=_cancels(kind),
            **_told("query-cancelled"),
        ),
        _base(
            kind,
            _SERVERS[kind],
            id=f"{kind}-timed-out",
            shows="A statement takes longer than it may, and the server ends it.",
            twin=f"{kind}-cancelled",
            client=_times_out(kind),
            **_told("query-cancelled"),
        ),
    )
]
SCENARIOS = [*_CHURN, *_SEATS, *_UNREAD, *_LOGINS, *_TLS, *_MISMATCHES, *_CANCELLED]

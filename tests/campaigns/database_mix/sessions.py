"""Sessions of real client libraries with the three databases; every call is noted with its times and its error."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import time
from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cases.recorder.database_servers import PASSWORD, USER
from cases.recorder.program import named
from tests.campaigns.database_mix.libpq_keys import VERSION, key_line
from tests.campaigns.database_mix.plan import Database

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cases.recorder.program import Program
    from tests.campaigns.database_mix.plan import Scene

BEGUN: Final = "database-begun"
ENDED: Final = "database"
"""A call is noted twice: what has no end was still waiting when the recording ended."""
GONE: Final = "gone"
"""Stands for the code of an error where there is none: the connection ended."""
PATIENCE_S: Final = 12.0
"""How long a client waits for an answer at most."""
_STATEMENT_PREPARE, _STATEMENT_EXECUTE, _QUERY = 0x16, 0x17, 0x03
_STRING: Final = 0xFD


class DatabaseError(Exception):
    """What the server, or the end of the connection, said instead of an answer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Session(ABC):
    """A connection that is logged in."""

    def __init__(self, me: Program, scene: Scene, keys: Path, **how: Any) -> None:
        self._me = me
        self._scene = scene
        self.host = me.peer_address(scene.host)
        self._keys = keys
        self._local: tuple[Any, ...] = ("", 0)
        self.id: int | str = 0
        """How its server calls it."""
        with self._noted("connect"):
            self._open(**how)

    @property
    def name(self) -> str:
        """The client's address and port."""
        return named(self._local)

    @property
    @abstractmethod
    def descriptor(self) -> int:
        """Of its socket."""

    @abstractmethod
    def _open(self, **how: Any) -> None: ...

    @abstractmethod
    def _ask(self, statement: str, values: Sequence[object]) -> None: ...

    def ask(self, statement: str, *values: object, waits: bool = False) -> str:
        """Asks, and reads the answer; the code of the server's error, empty without one.

        ``waits``: the server is asked to wait until something happens.  Raises DatabaseError when the connection ended.
        """
        code = ""
        try:
            with self._noted("ask", text=statement, values=[*map(str, values)], waits=waits):
                self._ask(statement, values)
        except DatabaseError as problem:
            code = problem.code
            if code == GONE:
                raise
        return code

    def ask_slowly(self, statement: str, stop_s: float) -> None:
        """Asks, reads some rows, does something else for ``stop_s`` s, reads the others."""
        with self._noted("ask", text=statement, values=[], waits=False, stops_s=stop_s):
            self._ask_slowly(statement, stop_s)

    def _ask_slowly(self, statement: str, stop_s: float) -> None:
        raise NotImplementedError

    def ask_together(self, statements: Sequence[str]) -> None:
        """Asks all at once, then reads the answers."""
        with self._noted("ask-together", texts=[*statements]):
            self._ask_together(statements)

    @abstractmethod
    def _ask_together(self, statements: Sequence[str]) -> None: ...

    def close(self) -> None:
        """Ends it in good order, as the library does."""
        with suppress(DatabaseError), self._noted("close"):
            self._close()

    @abstractmethod
    def _close(self) -> None: ...

    def give_up(self, statement: str, after_s: float, *, aborts: bool) -> None:
        """Asks, and closes the socket without an answer after ``after_s`` s; ``aborts``: by a reset."""
        with self._noted("give-up", text=statement, values=[], waits=False, aborts=aborts):
            self._send(statement)
            time.sleep(after_s)
            with socket.socket(fileno=os.dup(self.descriptor)) as raw, Path(os.devnull).open("r+b") as nothing:
                if aborts:
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                # The library keeps a descriptor that it may write to and close.
                os.dup2(nothing.fileno(), self.descriptor)

    @abstractmethod
    def _send(self, statement: str) -> None:
        """Asks, and reads nothing."""

    @contextmanager
    def _noted(self, call: str, **facts: Any) -> Iterator[None]:
        began = time.monotonic_ns()
        self._note(BEGUN, began, call, facts, GONE)
        error = ""
        try:
            yield
        except DatabaseError as problem:
            error = problem.code
            raise
        finally:
            self._note(ENDED, began, call, facts, error)

    def _note(self, kind: str, began_ns: int, call: str, facts: dict[str, Any], answer: str) -> None:
        self._me.note(
            kind, began_ns, call=call, database=self._scene.database.value, scene=self._scene.number,
            play=self._scene.kind, local=self.name, remote=named((self.host, self._scene.port)), session=self.id,
            **facts, answer=answer, until=time.monotonic_ns(),
        )  # fmt: skip

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.keylog_filename = str(self._keys)
        return context


class RedisSession(Session):
    """Over redis-py."""

    def _open(self, password: str = PASSWORD, **_: Any) -> None:
        import redis

        outer = self

        class Noted(redis.Connection):
            def _connect(self) -> socket.socket:
                raw: socket.socket = super()._connect()
                outer._local = raw.getsockname()
                return outer._context().wrap_socket(raw) if outer._scene.tls else raw

        self._raw = Noted(host=self.host, port=self._scene.port, password=password, socket_timeout=PATIENCE_S,
                          protocol=2)  # fmt: skip
        with _of_redis():
            self._raw.connect()
        self.id = self.name

    @property
    def descriptor(self) -> int:
        """See `Session`."""
        return int(self._raw._sock.fileno())

    def _ask(self, statement: str, values: Sequence[object]) -> None:
        with _of_redis():
            self._raw.send_command(*statement.split(" "), *values, check_health=False)
            self._raw.read_response()

    def _ask_together(self, statements: Sequence[str]) -> None:
        with _of_redis():
            self._raw.send_packed_command(self._raw.pack_commands([each.split(" ") for each in statements]))
            for _ in statements:
                self._raw.read_response()

    def _ask_slowly(self, statement: str, stop_s: float) -> None:
        with _of_redis():
            self._raw.send_command(*statement.split(" "), check_health=False)
            time.sleep(stop_s)
            self._raw.read_response()

    def _send(self, statement: str) -> None:
        self._raw.send_command(*statement.split(" "), check_health=False)

    def _close(self) -> None:
        self._raw.disconnect()


@contextmanager
def _of_redis() -> Iterator[None]:
    import redis

    try:
        yield
    except redis.ResponseError as problem:
        # The library takes "ERR" away; other words stay.
        word = str(problem).partition(" ")[0]
        raise DatabaseError(word if word.isupper() else "ERR") from problem
    except redis.ConnectionError as problem:
        full = "max number of clients" in str(problem)
        refused = isinstance(problem, redis.AuthenticationError)
        raise DatabaseError("full" if full else "WRONGPASS" if refused else GONE) from problem
    except (redis.RedisError, OSError) as problem:
        raise DatabaseError(GONE) from problem


class MariadbSession(Session):
    """Over PyMySQL."""

    def _open(self, password: str = PASSWORD, **_: Any) -> None:
        import pymysql

        how: dict[str, Any] = {"ssl": self._context()} if self._scene.tls else {"ssl_disabled": True}
        self._raw: Any = pymysql.connect(
            host=self.host, port=Database.MARIADB.port, user=USER, password=password, database="shop",
            autocommit=True, defer_connect=True, read_timeout=PATIENCE_S, **how,
        )  # fmt: skip
        raw = self._reach()
        self._local = raw.getsockname()
        with _of_mariadb():
            self._raw.connect(raw)
        self.id = self._raw.thread_id()

    def _reach(self) -> socket.socket:
        try:
            return socket.create_connection((self.host, Database.MARIADB.port), PATIENCE_S)
        except OSError as problem:
            raise DatabaseError(GONE) from problem

    @property
    def descriptor(self) -> int:
        """See `Session`."""
        return int(self._raw._sock.fileno())

    def _ask(self, statement: str, values: Sequence[object]) -> None:
        with _of_mariadb():
            if values and "?" in statement:
                self._execute(statement, values)
                return
            with self._raw.cursor() as cursor:
                cursor.execute(statement)
                if cursor.description:
                    cursor.fetchall()

    def _execute(self, statement: str, values: Sequence[object]) -> None:
        """COM_STMT_PREPARE, once, and COM_STMT_EXECUTE with values as text; PyMySQL has neither."""
        raw = self._raw
        known: dict[str, tuple[int, int]] = raw.__dict__.setdefault("prepared", {})
        if statement not in known:
            raw._execute_command(_STATEMENT_PREPARE, statement)
            head = raw._read_packet()._data
            number, columns, count = struct.unpack_from("<IHH", head, 1)
            for lot in (count, columns):
                for _ in range(lot + bool(lot)):  # and the EOF behind them
                    raw._read_packet()
            known[statement] = number, columns
        number, _columns = known[statement]
        said = struct.pack("<IBI", number, 0, 1) + bytes((len(values) + 7) // 8) + b"\1"
        said += struct.pack("<BB", _STRING, 0) * len(values)
        for value in values:
            text = str(value).encode()
            said += bytes([len(text)]) + text
        raw._execute_command(_STATEMENT_EXECUTE, said)
        if raw._read_packet()._data[0] == 0:
            return
        for _ in range(2):  # columns, rows
            while not (packet := raw._read_packet()).is_eof_packet():
                assert packet

    def _ask_together(self, statements: Sequence[str]) -> None:
        with _of_mariadb():
            for each in statements:
                self._raw._execute_command(_QUERY, each)
            for _ in statements:
                self._raw._next_seq_id = 1
                self._raw._read_query_result()

    def _ask_slowly(self, statement: str, stop_s: float) -> None:
        from pymysql.cursors import SSCursor

        with _of_mariadb(), self._raw.cursor(SSCursor) as cursor:
            cursor.execute(statement)
            cursor.fetchmany(50)
            time.sleep(stop_s)
            cursor.fetchall()

    def _send(self, statement: str) -> None:
        self._raw._execute_command(_QUERY, statement)

    def _close(self) -> None:
        with _of_mariadb():
            self._raw.close()


@contextmanager
def _of_mariadb() -> Iterator[None]:
    import pymysql

    try:
        yield
    except pymysql.MySQLError as problem:
        number = problem.args[0] if problem.args else 0
        lost = not isinstance(number, int) or number == 0 or 2000 <= number < 3000
        raise DatabaseError(GONE if lost else str(number)) from problem
    except (OSError, AttributeError) as problem:
        raise DatabaseError(GONE) from problem


class PostgresqlSession(Session):
    """Over psycopg, which sends statements with values as prepared ones."""

    def _open(self, password: str = PASSWORD, **_: Any) -> None:
        import psycopg

        with _of_postgresql():
            self._raw: psycopg.Connection[Any] = psycopg.connect(
                host=self.host, port=Database.POSTGRESQL.port, user=USER, password=password, dbname="postgres",
                sslmode="require" if self._scene.tls else "disable", ssl_max_protocol_version=VERSION,
                gssencmode="disable", autocommit=True,
                connect_timeout=int(PATIENCE_S), tcp_user_timeout=int(PATIENCE_S * 1_000),
            )  # fmt: skip
        with socket.socket(fileno=os.dup(self._raw.fileno())) as raw:
            self._local = raw.getsockname()
        self.id = self._raw.info.backend_pid
        with self._keys.open("a") as log:
            log.write(key_line(self._raw))

    @property
    def descriptor(self) -> int:
        """See `Session`."""
        return self._raw.fileno()

    def _ask(self, statement: str, values: Sequence[object]) -> None:
        with _of_postgresql():
            cursor = self._raw.execute(statement.replace("?", "%s"), values or None, prepare=bool(values))
            if cursor.description:
                cursor.fetchall()

    def _ask_together(self, statements: Sequence[str]) -> None:
        with _of_postgresql(), self._raw.pipeline():
            cursors = [self._raw.execute(each) for each in statements]
            assert cursors

    def _ask_slowly(self, statement: str, stop_s: float) -> None:
        with _of_postgresql(), self._raw.cursor() as cursor:
            for number, _row in enumerate(cursor.stream(statement)):
                if number == 50:
                    time.sleep(stop_s)

    def notices(self, seconds: float) -> None:
        """Waits for what the server says unasked."""
        with _of_postgresql():
            for _ in self._raw.notifies(timeout=seconds, stop_after=1):
                pass

    def cancel(self) -> None:
        """Asks the server, over a connection of its own, to end what is running."""
        with suppress(DatabaseError), _of_postgresql():
            self._raw.cancel()

    def _send(self, statement: str) -> None:
        self._raw.pgconn.send_query(statement.encode())
        self._raw.pgconn.flush()

    def _close(self) -> None:
        with _of_postgresql():
            self._raw.close()


@contextmanager
def _of_postgresql() -> Iterator[None]:
    import psycopg

    try:
        yield
    except psycopg.Error as problem:
        raise DatabaseError(problem.sqlstate or GONE) from problem
    except OSError as problem:
        raise DatabaseError(GONE) from problem


_CLASSES: Final[dict[Database, type[Session]]] = {
    Database.REDIS: RedisSession, Database.MARIADB: MariadbSession, Database.POSTGRESQL: PostgresqlSession,
}  # fmt: skip


def reach(me: Program, scene: Scene, keys: Path, **how: Any) -> Session:
    """A session with the scene's database over the scene's way; raises DatabaseError when it is not admitted."""
    return _CLASSES[scene.database](me, scene, keys, **how)

"""MariaDB and PostgreSQL as servers of a scenario, and a client that speaks either with as few bytes as will do."""

from __future__ import annotations

import shutil
import struct
import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cases.recorder.commands import launch, scratch

if TYPE_CHECKING:
    from collections.abc import Callable

    from cases.recorder.program import Connection, Program

DONE: Final = 0
"""Mark: the client has ended."""
#: What the database holds before the first connection: enough of it to be asked for.
TABLES: Final = (
    "CREATE TABLE items (id INT PRIMARY KEY, name VARCHAR(40), stock INT)",
    "CREATE TABLE orders (id INT PRIMARY KEY, item INT, note VARCHAR(40))",
)
_FILL: Final = {
    "mysql": ("INSERT INTO items SELECT seq, CONCAT('item ', seq), 100 FROM seq_1_to_400",
              "INSERT INTO orders SELECT seq, seq, 'open' FROM seq_1_to_400"),
    "postgresql": ("INSERT INTO items SELECT seq, 'item ' || seq, 100 FROM generate_series(1, 400) AS t(seq)",
                   "INSERT INTO orders SELECT seq, seq, 'open' FROM generate_series(1, 400) AS t(seq)"),
}  # fmt: skip
_PROGRAMS: Final = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/nonexistent"))
_AS_POSTGRES: Final = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=KILL")


class SqlClient(ABC):
    """A connection that is logged in."""

    def __init__(self, me: Program) -> None:
        self.connection: Connection = me.connect()
        self._unread = b""
        self._log_in()

    @abstractmethod
    def _log_in(self) -> None: ...

    @abstractmethod
    def send(self, statement: str) -> None:
        """Asks."""

    @abstractmethod
    def read(self) -> str:
        """Reads an answer to its end; the code of its error, empty without one."""

    def ask(self, statement: str) -> str:
        """Asks, and reads the answer."""
        self.send(statement)
        return self.read()

    def close(self) -> None:
        """Says good-bye."""
        self.connection.send(self.FAREWELL)
        self.connection.close()

    FAREWELL: bytes

    def _take(self, count: int) -> bytes:
        while len(self._unread) < count:
            part = self.connection.raw.recv(65_536)
            if not part:
                raise ConnectionResetError("the server closed")
            self._unread += part
        taken, self._unread = self._unread[:count], self._unread[count:]
        return taken


class MariadbClient(SqlClient):
    """Protocol 4.1, text results, no password."""

    FAREWELL = b"\x01\0\0\0\x01"
    #: LONG_PASSWORD, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, CONNECT_WITH_DB.
    _CAPABILITIES: Final = 0x0001 | 0x0200 | 0x2000 | 0x8000 | 0x0008

    def _log_in(self) -> None:
        self._packet()
        said = struct.pack("<IIB23x", self._CAPABILITIES, 1 << 24, 45) + b"ada\0\0shop\0"
        self.connection.send(struct.pack("<I", len(said) | 1 << 24) + said)
        self._packet()

    def send(self, statement: str) -> None:
        """See `SqlClient`."""
        said = b"\x03" + statement.encode()
        self.connection.send(struct.pack("<I", len(said)) + said)

    def read(self) -> str:
        """See `SqlClient`."""
        first = self._packet()
        if first[0] == 0xFF:
            return str(struct.unpack_from("<H", first, 1)[0])
        if first[0] == 0:
            return ""
        for _ in range(2):  # columns, rows
            while True:
                packet = self._packet()
                if packet[0] == 0xFF:
                    return str(struct.unpack_from("<H", packet, 1)[0])
                if packet[0] == 0xFE and len(packet) < 9:
                    break
        return ""

    def _packet(self) -> bytes:
        length = struct.unpack("<I", self._take(4))[0] & 0xFFFFFF
        return self._take(length)


class PostgresqlClient(SqlClient):
    """Protocol 3.0, simple queries, nobody asks who it is."""

    FAREWELL = b"X\0\0\0\x04"

    def _log_in(self) -> None:
        said = b"\0\x03\0\0user\0ada\0database\0shop\0\0"
        self.connection.send(struct.pack(">I", len(said) + 4) + said)
        self.read()

    def send(self, statement: str) -> None:
        """See `SqlClient`."""
        said = statement.encode() + b"\0"
        self.connection.send(b"Q" + struct.pack(">I", len(said) + 4) + said)

    def read(self) -> str:
        """See `SqlClient`."""
        code = ""
        while True:
            kind, length = struct.unpack(">cI", self._take(5))
            body = self._take(length - 4)
            if kind == b"E":
                code = next(field[1:].decode() for field in body.split(b"\0") if field[:1] == b"C")
            if kind == b"Z":
                return code


@dataclass(frozen=True, slots=True)
class Engine:
    """One of the two databases."""

    name: str
    port: int
    client: Callable[[Program], SqlClient]
    sleep: str
    """A statement that takes so many seconds (``{0}``)."""
    serial: str
    """Many rows (``{0}``) of 1,000 bytes."""
    idle_limit: str
    """A setting: how long a session may be idle (``{0}``, s)."""
    lock_limit: str
    """A setting: how long a statement may wait for a lock (``{0}``, s)."""
    transaction_limit: str
    """A setting: how long a transaction may be idle (``{0}``, s)."""


MARIADB: Final = Engine(
    "mysql", 3306, MariadbClient, "SELECT SLEEP({0})", "SELECT seq, REPEAT('x', 1000) FROM seq_1_to_{0}",
    "SET SESSION wait_timeout = {0}", "SET SESSION innodb_lock_wait_timeout = {0}",
    "SET SESSION idle_transaction_timeout = {0}",
)  # fmt: skip
POSTGRESQL: Final = Engine(
    "postgresql", 5432, PostgresqlClient, "SELECT pg_sleep({0})",
    "SELECT seq, repeat('x', 1000) FROM generate_series(1, {0}) AS t(seq)",
    "SET idle_session_timeout = '{0}s'", "SET lock_timeout = '{0}s'",
    "SET idle_in_transaction_session_timeout = '{0}s'",
)  # fmt: skip


def serve(engine: Engine) -> Callable[[Program], None]:
    """The server with its tables, until the client has ended."""

    def script(me: Program) -> None:
        folder = scratch()
        (_serve_mariadb if engine is MARIADB else _serve_postgresql)(me, folder)
        me.ready()
        me.hear(DONE)
        me.sleep(0.3)

    return script


def _serve_mariadb(me: Program, folder: Path) -> None:
    words = ["mariadbd", "--no-defaults", "--user=root", f"--datadir={folder}", f"--socket={folder}/s",
             f"--port={me.port}", f"--bind-address={me.host}", "--skip-grant-tables", "--skip-networking=0",
             "--skip-name-resolve", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M",
             "--innodb-flush-method=fsync", "--innodb-flush-log-at-trx-commit=0",
             f"--pid-file={folder}/pid"]  # fmt: skip
    launch(me, words, me.port)
    made = ("CREATE DATABASE shop", "USE shop", *TABLES, *_FILL["mysql"])
    _run(["mariadb", "--no-defaults", f"--socket={folder}/s"], ";\n".join(made) + ";\n")


def _serve_postgresql(me: Program, folder: Path) -> None:
    data = folder / "data"
    data.mkdir()
    shutil.chown(data, "postgres", "postgres")
    _run([*_AS_POSTGRES, str(_PROGRAMS / "initdb"), "-D", str(data), "-N", "-A", "trust", "-U", "ada",
          "--wal-segsize=1", "--no-instructions"])  # fmt: skip
    with (data / "pg_hba.conf").open("a") as file:
        file.write("host all all 0.0.0.0/0 trust\n")
    settings = {"listen_addresses": me.host, "port": me.port, "unix_socket_directories": data, "fsync": "off",
                "shared_buffers": "8MB", "max_wal_size": "4MB", "min_wal_size": "2MB"}  # fmt: skip
    given = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    launch(me, [*_AS_POSTGRES, str(_PROGRAMS / "postgres"), "-D", str(data), *given], me.port)
    psql = [*_AS_POSTGRES, "psql", "-h", str(data), "-p", str(me.port), "-U", "ada", "-q"]
    _run([*psql, "postgres"], "CREATE DATABASE shop;\n", again=True)
    _run([*psql, "shop"], ";\n".join((*TABLES, *_FILL["postgresql"])) + ";\n")


def _run(words: list[str], text: str = "", *, again: bool = False) -> None:
    """A program that gets ``text``; ``again``: a few times, for a server that listens need not be ready."""
    for left in reversed(range(50 if again else 1)):
        done = subprocess.run(words, input=text.encode(), capture_output=True, timeout=60, check=False)
        if not done.returncode and b"FATAL" not in done.stderr:
            return
        if not left:
            raise OSError(f"{words[0]}: {done.stderr.decode()[-500:]}")
        subprocess.run(["sleep", "0.1"], check=True)

"""A PostgreSQL server and clients of psycopg, and of bytes, in a network namespace of their own, recorded.

    unshare --net python tests/support/postgresql_session.py FOLDER

Writes into FOLDER ``postgresql.pcap`` (all of it), ``keys.log`` (the secrets of TLS) and ``log.json`` (what the server
logged, a list of its records).  Takes about ten seconds.  The server runs as ``postgres``, for it refuses root.
"""

from __future__ import annotations

import json
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from recorded_traffic import recorded

if TYPE_CHECKING or __name__ == "__main__":
    import psycopg  # its library comes with the server: tests that only read names here are collected without

HOST: Final = "127.0.0.1"
PORT: Final = 5432
PROGRAMS: Final = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/nonexistent"))
#: Passwords of the users ``clear``, ``md5``, ``scram``, of who is refused, and those within statements.
SECRETS: Final = ("s3cret-clear", "s3cret-md5", "s3cret-scram", "s3cret-wrong", "s3cret-alter", "s3cret-bound")
#: Seconds that a statement sleeps, for comparing with the server's own measure.
#: Some of them alone on a processor even where others are at work.
SLEEPS: Final = tuple(number / 1_000 for number in range(4, 34))
ROWS: Final = 30_000
_HBA: Final = """
host all clear 127.0.0.1/32 password
host all md5 127.0.0.1/32 md5
host all scram 127.0.0.1/32 scram-sha-256
host all nobody 127.0.0.1/32 reject
host all all 127.0.0.1/32 trust
host replication all 127.0.0.1/32 trust
local all all trust
"""
_SETTINGS: Final = """
listen_addresses = '127.0.0.1'
fsync = off
wal_level = logical
ssl = on
logging_collector = on
log_destination = 'jsonlog'
log_directory = 'log'
log_filename = 'server'
log_min_duration_statement = 0
autovacuum = off
"""
SSL_REQUEST: Final = struct.pack(">II", 8, 80_877_103)
GSS_REQUEST: Final = struct.pack(">II", 8, 80_877_104)


def message(kind: bytes, body: bytes = b"") -> bytes:
    """One message as either end writes it."""
    return kind + struct.pack(">I", len(body) + 4) + body


def startup(**parameters: str) -> bytes:
    """A startup message."""
    body = b"".join(f"{name}\0{value}\0".encode() for name, value in parameters.items()) + b"\0"
    return struct.pack(">IHH", len(body) + 8, 3, 0) + body


def parse(name: str, statement: str) -> bytes:
    """A Parse message without types of parameters."""
    return message(b"P", f"{name}\0{statement}\0".encode() + b"\0\0")


def bind(portal: str, name: str, *values: bytes | None) -> bytes:
    """A Bind message with parameters in text."""
    said = b"".join(b"\xff\xff\xff\xff" if one is None else struct.pack(">I", len(one)) + one for one in values)
    return message(b"B", f"{portal}\0{name}\0".encode() + b"\0\0" + struct.pack(">H", len(values)) + said + b"\0\0")


def execute(portal: str = "", rows: int = 0) -> bytes:
    """An Execute message of at most so many rows."""
    return message(b"E", portal.encode() + b"\0" + struct.pack(">I", rows))


SYNC: Final = message(b"S")
FLUSH: Final = message(b"H")


class Plain:
    """A client that writes bytes."""

    def __init__(self, end: socket.socket, **parameters: str) -> None:
        self._end = end
        end.settimeout(600)
        if parameters:
            self.say(startup(**parameters), until=b"Z")

    def say(self, *messages: bytes, until: bytes) -> bytes:
        """Sends ``messages`` in one piece; reads until a message of type ``until``, whose body it gives."""
        self._end.sendall(b"".join(messages))
        while True:
            kind, length = struct.unpack(">cI", self._read(5))
            body = self._read(length - 4)
            if kind == until:
                return body

    def send(self, *messages: bytes) -> None:
        """Sends ``messages``, and waits for nothing."""
        self._end.sendall(b"".join(messages))

    def close(self) -> None:
        """Says goodbye."""
        self._end.sendall(message(b"X"))
        self._end.close()

    def _read(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            more = self._end.recv(size - len(found))
            if not more:
                raise EOFError
            found += more
        return found


def reach() -> socket.socket:
    """A connection to the server."""
    return socket.create_connection((HOST, PORT), 600)


def client(user: str = "postgres", **more: Any) -> psycopg.Connection[Any]:
    """A client of psycopg with a connection of its own."""
    return psycopg.connect(
        host=HOST, port=PORT, user=user, dbname="postgres", sslmode=more.pop("sslmode", "disable"),
        gssencmode="disable", autocommit=more.pop("autocommit", True), connect_timeout=600, **more,
    )  # fmt: skip


def ordinary() -> None:
    """Statements one after the other, simple and extended; several in one; errors; a transaction."""
    with client() as one:
        one.execute("CREATE TABLE users (id serial PRIMARY KEY, name text UNIQUE, age int)")
        one.execute("INSERT INTO users (name, age) SELECT 'user ' || n, n % 90 FROM generate_series(1, 200) n")
        one.execute("SELECT 1 AS one; SELECT 2, 3; UPDATE users SET age = 5 WHERE id < 4")
        one.execute("")
        one.execute("SELECT * FROM users WHERE id = 7")
        for number in range(10):
            one.execute("SELECT name, age FROM users WHERE id = %s", (number,))
        one.execute("SELECT name FROM users WHERE age > %s", (40,), prepare=True)
        one.execute("SELECT name FROM users WHERE age > %s", (60,), prepare=True)
        one.execute("SELECT id, name FROM users LIMIT %s", (5,), binary=True)
        one.execute("SELECT NULL, repeat('x', 20000), ''")
        for wrong in ("SELECT * FROM nothere", "SELEC 1", "INSERT INTO users (name) VALUES ('user 1')", "SELECT 1/0"):
            with suppress(psycopg.Error):
                one.execute(wrong)
        with suppress(psycopg.Error):
            one.execute("SELECT 1/%s", (0,))
        one.execute("DO $$ BEGIN RAISE NOTICE 'hello'; RAISE WARNING 'careful %', 7; END $$")
        one.execute(f"CREATE USER other PASSWORD '{SECRETS[4]}'")
        one.execute(f"ALTER USER other WITH ENCRYPTED PASSWORD $x${SECRETS[4]}$x$ VALID UNTIL 'infinity'")
        one.execute("SELECT length(%s) AS password", (SECRETS[5],))
    with client(autocommit=False) as two:
        two.execute("SELECT count(*) FROM users")
        two.execute("UPDATE users SET age = age + 1 WHERE id = 1")
        time.sleep(0.1)
        with suppress(psycopg.Error):
            two.execute("SELECT 1/0")
        with suppress(psycopg.Error):
            two.execute("SELECT 1")
        two.rollback()


def kinds(folder: Path) -> None:
    """Rows of values of many types, as text and binary; the client's account of them."""
    with client() as one:
        columns = "i int, b bigint, n numeric, f float8, t text, y bytea, j jsonb, a int[], d timestamptz"
        one.execute(f"CREATE TABLE kinds ({columns})")
        one.execute(
            "INSERT INTO kinds VALUES (-1, 1 << 40, 'NaN', 1e300, '', '\\x00ff', '{\"k\": 1}', '{1,NULL}', now())"
        )
        one.execute("INSERT INTO kinds VALUES (7, 0, 0.1, '-inf', E'a\\n\\tb', '', '[]', '{}', 'infinity')")
        one.execute("INSERT INTO kinds (t) VALUES (%s), (%s)", ("\u65e5\u672c\U0001f600\u202e", "z" * 70_000))
        found = {}
        for statement, binary in (
            ("SELECT * FROM kinds", False),
            ("SELECT a.*, b.* FROM kinds a, kinds b WHERE %s > 0", True),
            ("SELECT a.*, b.t AS t FROM kinds a, kinds b WHERE %s > 0", False),
        ):
            cursor = one.execute(statement, (1,) if "%s" in statement else None, binary=binary)
            result = cursor.pgresult
            assert result is not None
            cells = [[result.get_value(row, at) for at in range(result.nfields)] for row in range(result.ntuples)]
            found[statement.replace("%s", "$1")] = [
                [cell if cell is None else cell.hex() for cell in row] for row in cells
            ]
    (folder / "kinds.json").write_text(json.dumps(found))


def slept() -> None:
    """Statements of known length."""
    with client() as one:
        for seconds in SLEEPS:
            one.execute(f"SELECT pg_sleep({seconds})")


def pipelines() -> None:
    """Many statements at once, and one of them wrong."""
    with client() as one:
        with one.pipeline():
            for number in range(100):
                one.execute("INSERT INTO users (name, age) VALUES (%s, %s)", (f"piped {number}", number))
        with suppress(psycopg.Error), one.pipeline() as pipe:
            one.execute("SELECT 1")
            pipe.sync()
            one.execute("SELECT 1/%s", (0,))
            one.execute("SELECT 2")
            pipe.sync()
            one.execute("SELECT 3")


def copies() -> None:
    """COPY in both directions, in text and binary, one that fails; a large result."""
    with client() as one:
        one.execute("CREATE TABLE big (id int, filler text)")
        with one.cursor() as cursor:
            with cursor.copy("COPY big FROM STDIN") as copy:
                for number in range(ROWS):
                    copy.write_row((number, "y" * (number % 120)))
            with cursor.copy("COPY big TO STDOUT") as copy:
                for _ in copy:
                    pass
            with cursor.copy("COPY (SELECT * FROM big LIMIT 500) TO STDOUT (FORMAT binary)") as copy:
                for _ in copy:
                    pass
            with suppress(psycopg.Error), cursor.copy("COPY big FROM STDIN") as copy:
                copy.write("not a number\tx\n")
            with suppress(ZeroDivisionError), cursor.copy("COPY big FROM STDIN") as copy:
                copy.write("1\tx\n")
                raise ZeroDivisionError
        one.execute("SELECT * FROM big LIMIT 20000")


def notified() -> None:
    """LISTEN and NOTIFY."""
    with client() as one, client() as two:
        one.execute("LISTEN news")
        for number in range(3):
            two.execute("SELECT pg_notify('news', %s)", (f"number {number}",))
        for _ in one.notifies(timeout=600, stop_after=3):
            pass


def cancelled(folder: Path) -> None:
    """A statement that another connection cancels, once it runs: the server says so on its socket in ``folder``."""
    runs = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    with client() as one:

        def cancel() -> None:
            with psycopg.connect(host=str(folder / "data"), user="postgres", dbname="postgres", autocommit=True) as own:
                while own.execute(runs).fetchone() == (0,):
                    time.sleep(0.02)
            one.cancel()

        later = threading.Thread(target=cancel)
        later.start()
        with suppress(psycopg.errors.QueryCanceled):
            one.execute("SELECT pg_sleep(20)")
        later.join()


def authenticated() -> None:
    """Each kind of password, refusals, TLS, encryption of GSSAPI that nobody begins."""
    for user, secret in zip(("clear", "md5", "scram"), SECRETS, strict=False):
        with client(user, password=secret) as one:
            one.execute("SELECT 1")
        with suppress(psycopg.OperationalError):
            client(user, password=SECRETS[3])
    with suppress(psycopg.OperationalError):
        client("nobody")
    with client("scram", password=SECRETS[2], sslmode="require") as one:
        one.execute("SELECT 'within TLS'")
    end = reach()
    end.sendall(GSS_REQUEST)
    assert end.recv(1) == b"G"  # Debian's server could, had it a key
    end.close()


def secured(keys: Path) -> None:
    """TLS whose secrets are written down."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.keylog_filename = str(keys)
    end = reach()
    end.sendall(SSL_REQUEST)
    assert end.recv(1) == b"S"
    plain = Plain(context.wrap_socket(end), user="postgres", database="postgres")
    plain.say(message(b"Q", b"SELECT 'sealed', n FROM generate_series(1, 900) n\0"), until=b"Z")
    plain.close()


def portals() -> None:
    """Row limits, several portals, Flush, a function call, what is not answered after an error."""
    plain = Plain(reach(), user="postgres", database="postgres", application_name="bytes")
    plain.say(parse("few", "SELECT n FROM generate_series(1, 25) n WHERE n < $1"),
              message(b"D", b"Sfew\0"), SYNC, until=b"Z")  # fmt: skip
    plain.say(message(b"Q", b"BEGIN\0"), until=b"Z")
    plain.say(bind("p1", "few", b"24"), message(b"D", b"Pp1\0"), execute("p1", 10), FLUSH, until=b"s")
    plain.say(execute("p1", 10), FLUSH, until=b"s")
    plain.say(execute("p1", 10), message(b"C", b"Pp1\0"), SYNC, until=b"Z")
    plain.say(message(b"Q", b"COMMIT\0"), until=b"Z")
    plain.say(bind("", "few", None), execute(), SYNC, until=b"Z")
    plain.say(message(b"F", struct.pack(">IHHHI", 1274, 0, 0, 0, 0)[:10]), until=b"Z")
    plain.say(parse("", "SELECT nothere"), bind("", ""), execute(), parse("", "SELECT 1"), bind("", ""), execute(),
              SYNC, until=b"Z")  # fmt: skip
    plain.say(parse("", "SELECT 4"), bind("", ""), execute(), SYNC, parse("", "SELECT 5"), bind("", ""), execute(),
              SYNC, message(b"Q", b"SELECT 6\0"), until=b"Z")  # fmt: skip
    for _ in range(2):
        plain.say(until=b"Z")
    plain.say(message(b"C", b"Sfew\0"), SYNC, until=b"Z")
    plain.close()


def replicated() -> None:
    """A physical replication stream: COPY in both directions."""
    plain = Plain(reach(), user="postgres", replication="true")
    plain.say(message(b"Q", b"IDENTIFY_SYSTEM\0"), until=b"Z")
    plain.say(message(b"Q", b"START_REPLICATION PHYSICAL 0/1000000\0"), until=b"W")
    with client() as one:
        one.execute("UPDATE users SET age = 1")
    time.sleep(0.2)
    plain.send(message(b"d", b"r" + bytes(33)), message(b"c"))
    with suppress(TimeoutError, EOFError):
        plain.say(until=b"Z")
    plain.close()


def idle_ended() -> None:
    """The server closes a session that idles within its transaction."""
    with client(autocommit=False) as one:
        one.execute("SET idle_in_transaction_session_timeout = 1000")
        select.select([one.fileno()], [], [], 600)  # its last word has come
        with suppress(psycopg.Error):
            one.execute("SELECT 1")


def serve(folder: Path) -> subprocess.Popen[bytes]:
    """A server that keeps nothing; whoever starts it ends it."""
    data = folder / "data"
    folder.chmod(0o755)
    data.mkdir()
    shutil.chown(data, "postgres", "postgres")
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", "timeout": 600}
    own: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []}
    initdb = [PROGRAMS / "initdb", "-D", data, "-N", "-U", "postgres", "--locale=C", "--encoding=UTF8", "-A", "trust"]
    subprocess.run(initdb, check=True, **quiet, **own)
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=database", "-days", "2",
            "-keyout", data / "server.key", "-out", data / "server.crt"]  # fmt: skip
    subprocess.run(make, check=True, **quiet, **own)
    (data / "server.key").chmod(0o600)
    (data / "pg_hba.conf").write_text(_HBA)
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(_SETTINGS + f"unix_socket_directories = '{data}'\n")
    return subprocess.Popen([PROGRAMS / "postgres", "-D", data], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, cwd="/", **own)  # fmt: skip


def until_ready(folder: Path) -> None:
    """Waits until the server answers on its socket, and makes the users."""
    for _ in range(12_000):
        with suppress(psycopg.OperationalError):
            with psycopg.connect(host=str(folder / "data"), user="postgres", dbname="postgres", autocommit=True) as one:
                one.execute(f"CREATE USER clear PASSWORD '{SECRETS[0]}'")
                one.execute(f"SET password_encryption = 'md5'; CREATE USER md5 PASSWORD '{SECRETS[1]}'")
                one.execute(f"SET password_encryption = 'scram-sha-256'; CREATE USER scram PASSWORD '{SECRETS[2]}'")
            return
        time.sleep(0.05)
    message = "no server"
    raise TimeoutError(message)


def until_left(folder: Path) -> None:
    """Waits until the server has ended every session whose client has said goodbye.

    One that has not read the goodbye when the server is told to end logs that it was terminated, to nobody.
    """
    left = "SELECT count(*) FROM pg_stat_activity WHERE client_addr IS NOT NULL"
    with psycopg.connect(host=str(folder / "data"), user="postgres", dbname="postgres", autocommit=True) as one:
        for _ in range(12_000):
            if one.execute(left).fetchone() == (0,):
                return
            time.sleep(0.05)
    message = "sessions without clients"
    raise TimeoutError(message)


def record(folder: Path) -> None:
    """Everything, once."""
    subprocess.run(["ip", "link", "set", "lo", "mtu", "1500", "up"], check=True)
    keys = folder / "keys.log"
    with tempfile.TemporaryDirectory() as scratch:
        with recorded(folder / "postgresql.pcap"):
            server = serve(Path(scratch))
            try:
                until_ready(Path(scratch))
                for act in (
                    ordinary,
                    slept,
                    pipelines,
                    copies,
                    notified,
                    lambda: cancelled(Path(scratch)),
                    authenticated,
                    portals,
                    idle_ended,
                ):
                    act()
                kinds(folder)
                secured(keys)
                replicated()
                until_left(Path(scratch))
            finally:
                server.send_signal(signal.SIGINT)  # fast: sessions are ended
                server.wait(600)
        logged = (Path(scratch) / "data" / "log" / "server.json").read_text().splitlines()
    (folder / "log.json").write_text(json.dumps([json.loads(line) for line in logged]))


if __name__ == "__main__":
    record(Path(sys.argv[1]))

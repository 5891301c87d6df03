"""Redis, MariaDB and PostgreSQL as servers of scripts, and connections of PyMySQL and psycopg to them."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cases.recorder.commands import launch, scratch
from cases.recorder.namespaces import die_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg
    import pymysql

    from cases.recorder.program import Program

DONE: Final = 0
"""Mark: the client has ended."""
USER: Final = "ada"
PASSWORD: Final = "orchid"
#: Rows that a server of SQL makes up: how many, and bytes of each.
ROWS: Final = {
    "mariadb": "SELECT seq, REPEAT('x', {size}) FROM shop.numbers LIMIT {rows}",
    "postgresql": "SELECT n, repeat('x', {size}) FROM generate_series(1, {rows}) AS n",
}
PROGRAMS: Final = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/nonexistent"))
AS_POSTGRES: Final = (
    "setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=KILL",
)  # fmt: skip


def redis(*options: str) -> Callable[[Program], None]:
    """Redis that keeps nothing, until the client has ended."""

    def script(me: Program) -> None:
        words = ["redis-server", "--port", str(me.port), "--bind", me.host, "--dir", str(scratch()), "--save", ""]
        launch(me, [*words, "--appendonly", "no", "--protected-mode", "no", *options], me.port)
        _until_done(me)

    return script


def mariadb(*options: str, tls: bool = False) -> Callable[[Program], None]:
    """MariaDB with a database ``shop``, until the client has ended."""

    def script(me: Program) -> None:
        folder = scratch()
        made = ["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={folder}/data", "--skip-test-db",
                "--auth-root-authentication-method=socket", "--innodb-log-file-size=4M",
                "--innodb-flush-method=fsync"]  # fmt: skip
        run_apart(made)
        (folder / "init.sql").write_text(
            f"CREATE DATABASE shop;\nCREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO {USER}@'%';\nCREATE TABLE shop.numbers AS SELECT seq FROM shop.seq_1_to_60000;\n"
        )
        words = ["mariadbd", "--no-defaults", "--user=root", f"--datadir={folder}/data", f"--port={me.port}",
                 f"--socket={folder}/s", f"--bind-address={me.host}", f"--pid-file={folder}/pid", "--skip-name-resolve",
                 "--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M", "--innodb-flush-method=fsync",
                 "--aria-log-file-size=8M",
                 f"--init-file={folder}/init.sql", *options]  # fmt: skip
        if tls:
            certificate = certificate_in(folder)
            words += [f"--ssl-cert={certificate}", f"--ssl-key={certificate}"]
        launch(me, words, me.port)
        _until_done(me)

    return script


def postgresql(*settings: str, rules: tuple[str, ...] = (), tls: bool = False) -> Callable[[Program], None]:
    """PostgreSQL with the user `USER`, who logs in with SCRAM, until the client has ended.

    ``rules``: lines of pg_hba.conf that go before the others.
    """

    def script(me: Program) -> None:
        folder = scratch()
        data = folder / "data"
        data.mkdir()
        run_apart(["chown", "postgres", str(data)])
        run_apart([*AS_POSTGRES, str(PROGRAMS / "initdb"), "-D", str(data), "-A", "trust", "-E", "UTF8", "--no-sync",
              "--wal-segsize=1", "--no-instructions"])  # fmt: skip
        (data / "pg_hba.conf").write_text("\n".join([*rules, "local all all trust", "host all all all scram-sha-256"]))
        lines = [f"listen_addresses = '{me.host}'", f"port = {me.port}", "unix_socket_directories = '.'", "fsync = off",
                 "shared_buffers = 4MB", "max_wal_size = 8MB", "min_wal_size = 2MB", "lc_messages = 'C'",
                 "log_destination = stderr", *settings]  # fmt: skip
        if tls:
            certificate = certificate_in(data)
            run_apart(["chown", "postgres", str(certificate)])
            lines += ["ssl = on", f"ssl_cert_file = '{certificate}'", f"ssl_key_file = '{certificate}'"]
        (data / "postgresql.auto.conf").write_text("\n".join(lines) + "\n")
        made = [*AS_POSTGRES, str(PROGRAMS / "postgres"), "--single", "-D", str(data), "postgres"]
        run_apart(made, f"CREATE USER {USER} SUPERUSER PASSWORD '{PASSWORD}'\n".encode())
        launch(me, [*AS_POSTGRES, str(PROGRAMS / "postgres"), "-D", str(data)], me.port)
        me.sleep(0.7)  # it listens before it is ready
        _until_done(me)

    return script


def _until_done(me: Program) -> None:
    me.ready()
    me.hear(DONE)
    me.sleep(0.3)


def run_apart(words: list[str], said: bytes = b"") -> None:
    """A program of the server's own, before there is anything to record.  Raises OSError when it fails."""
    done = subprocess.run(words, input=said, capture_output=True, check=False, preexec_fn=die_with_parent)
    if done.returncode:
        raise OSError(f"{words[0]}: {done.stderr.decode(errors='replace')[-500:]}")


def certificate_in(folder: Path) -> Path:
    """A certificate with its key, for a day."""
    key, certificate, both = folder / "key.pem", folder / "certificate.pem", folder / "both.pem"
    run_apart(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", "1", "-subj", "/CN=database", "-keyout", str(key), "-out", str(certificate)])  # fmt: skip
    both.write_text(certificate.read_text() + key.read_text())
    both.chmod(0o600)
    return both


def to_mariadb(me: Program, **more: Any) -> pymysql.Connection[Any]:
    """A connection of PyMySQL over a socket of the script's."""
    import pymysql

    how: dict[str, Any] = {"user": USER, "password": PASSWORD, "database": "shop", "defer_connect": True}
    if "ssl" not in more:
        how["ssl_disabled"] = True
    made = pymysql.connect(host=me.peer_host, port=me.port, **{**how, **more})
    made.connect(me.connect().raw)
    return made


def to_postgresql(me: Program, **more: Any) -> psycopg.Connection[Any]:
    """A connection of psycopg."""
    import psycopg

    how: dict[str, Any] = {"user": USER, "password": PASSWORD, "dbname": "postgres", "sslmode": "disable"}
    how |= {"gssencmode": "disable", "autocommit": True, "connect_timeout": 10}
    made: psycopg.Connection[Any] = psycopg.connect(host=me.peer_host, port=me.port, **{**how, **more})
    return made


def refused(attempt: Callable[[], object]) -> bool:
    """Whether ``attempt`` is refused by the server, or ends with its connection."""
    import psycopg
    import pymysql

    with suppress(psycopg.Error, pymysql.MySQLError, OSError):
        attempt()
        return False
    return True

"""The three servers of a mix, side by side in one namespace, and what they say in the end of what they did."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cases.recorder.commands import launch, scratch
from cases.recorder.database_servers import AS_POSTGRES, PASSWORD, PROGRAMS, USER, certificate_in, run_apart
from tests.campaigns.database_mix.plan import REDIS_TLS_PORT, Database
from tests.campaigns.database_mix.server_logs import mariadb_statements, postgresql_lines
from tests.campaigns.database_mix.watching import Watch

if TYPE_CHECKING:
    import subprocess

    from cases.recorder.program import Program
    from tests.campaigns.database_mix.plan import Mix

DONE: Final = 0
"""Mark: the clients have ended."""
KILL: Final = 1
"""Mark: the finale's server is to be killed."""
ASK: Final = 2
"""Mark: Redis is to be asked for its slow log, which dies with it."""
SEATS: Final = 24
"""Sessions that each server admits."""
TABLE_ROWS: Final = 200
_SOCKET_SECONDS: Final = 300


class Servers:
    """The servers' folder, processes and logs."""

    def __init__(self, me: Program, mix: Mix) -> None:
        self._me, self._mix = me, mix
        self._folder = scratch()
        self._running: dict[Database, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Installs and starts all of them, and fills their tables."""
        with ThreadPoolExecutor() as pool:
            for each in (pool.submit(self._install_mariadb), pool.submit(self._install_postgresql)):
                each.result()
        # The kernel kills a program when the thread ends that started it: this one.
        self._start_redis()
        self._running[Database.MARIADB] = self._start_mariadb()
        self._running[Database.POSTGRESQL] = launch(
            self._me, [*AS_POSTGRES, str(PROGRAMS / "postgres"), "-D", str(self._folder / "pg")],
            Database.POSTGRESQL.port,
        )  # fmt: skip
        self._fill()

    # -- starting -------------------------------------------------------------------------------

    def _start_redis(self) -> None:
        certificate = certificate_in(self._folder)
        words = ["redis-server", "--tls-port", str(REDIS_TLS_PORT), "--tls-cert-file", str(certificate),
                 "--tls-key-file", str(certificate), "--tls-auth-clients", "no", "--tls-ca-cert-file", str(certificate),
                 "--port", str(Database.REDIS.port), "--bind", "0.0.0.0", "--dir", str(self._folder),
                 "--save", "", "--appendonly", "no", "--requirepass", PASSWORD, "--unixsocket",
                 str(self._folder / "redis.sock"), "--slowlog-log-slower-than", "0", "--slowlog-max-len", "100000",
                 "--maxclients", str(SEATS), "--logfile", str(self._folder / "redis.log"), "--loglevel", "verbose",
                 "--tcp-keepalive", "2"]  # fmt: skip
        self._running[Database.REDIS] = launch(self._me, words, Database.REDIS.port)

    def _install_mariadb(self) -> None:
        run_apart(["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={self._folder}/my",
                   "--skip-test-db", "--auth-root-authentication-method=socket", "--innodb-log-file-size=4M",
              "--innodb-flush-method=fsync"])  # fmt: skip

    def _start_mariadb(self) -> subprocess.Popen[bytes]:
        folder = self._folder
        tables = "".join(
            f"CREATE TABLE shop.{scene.table} AS SELECT seq AS id, CONCAT('item ', seq) AS name, 100 AS stock "
            f"FROM shop.seq_1_to_{TABLE_ROWS};\nALTER TABLE shop.{scene.table} ADD PRIMARY KEY (id);\n"
            for scene in self._mix.scenes
        )
        (folder / "init.sql").write_text(
            f"CREATE DATABASE shop;\nCREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO {USER}@'%';\nCREATE TABLE shop.numbers AS SELECT seq FROM shop.seq_1_to_20000;\n"
            + tables
        )
        certificate = certificate_in(folder)
        words = ["mariadbd", "--no-defaults", "--user=root", f"--datadir={folder}/my",
                 f"--port={Database.MARIADB.port}", f"--socket={folder}/my.sock", "--bind-address=0.0.0.0",
                 f"--pid-file={folder}/my.pid", "--skip-name-resolve", "--innodb-buffer-pool-size=8M",
                 "--innodb-log-file-size=4M", "--innodb-flush-method=fsync", "--innodb-flush-log-at-trx-commit=0",
                 "--aria-log-file-size=8M", f"--max-connections={SEATS - 1}", f"--init-file={folder}/init.sql",
                 "--slow-query-log=1", "--long-query-time=0", f"--slow-query-log-file={folder}/slow.log",
                 "--log-slow-verbosity=", "--log-slow-admin-statements=ON", "--log-slow-rate-limit=1",
                 f"--log-error={folder}/my.err", "--log-warnings=9", "--tcp-keepalive-time=2",
                 "--tcp-keepalive-interval=1", "--tcp-keepalive-probes=3",
                 f"--ssl-cert={certificate}", f"--ssl-key={certificate}"]  # fmt: skip
        return launch(self._me, words, Database.MARIADB.port)

    def _install_postgresql(self) -> None:
        data = self._folder / "pg"
        data.mkdir()
        run_apart(["chown", "postgres", str(data)])
        run_apart([*AS_POSTGRES, str(PROGRAMS / "initdb"), "-D", str(data), "-A", "trust", "-E", "UTF8", "--no-sync",
              "--wal-segsize=1", "--no-instructions"])  # fmt: skip
        (data / "pg_hba.conf").write_text("local all all trust\nhost all all all scram-sha-256\n")
        certificate = certificate_in(data)
        run_apart(["chown", "postgres", str(certificate)])
        settings = {
            "listen_addresses": "*", "port": Database.POSTGRESQL.port, "unix_socket_directories": data, "fsync": "off",
            "shared_buffers": "8MB", "max_wal_size": "8MB", "min_wal_size": "2MB", "lc_messages": "C",
            "ssl": "on", "ssl_cert_file": certificate, "ssl_key_file": certificate, "max_connections": SEATS,
            "superuser_reserved_connections": 0, "max_wal_senders": 0, "logging_collector": "on",
            "log_destination": "jsonlog", "log_directory": "log", "log_filename": "server",
            "log_min_duration_statement": 0, "log_lock_waits": "on", "deadlock_timeout": "500ms",
            "log_connections": "on", "log_disconnections": "on", "tcp_keepalives_idle": 2,
            "tcp_keepalives_interval": 1, "tcp_keepalives_count": 3,
        }  # fmt: skip
        lines = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        (data / "postgresql.auto.conf").write_text(lines)

    def _fill(self) -> None:
        """Waits until each answers, and fills the tables of those that are not filled yet."""
        import psycopg

        said = "".join(
            f"CREATE TABLE {scene.table} AS SELECT n AS id, 'item ' || n AS name, 100 AS stock "
            f"FROM generate_series(1, {TABLE_ROWS}) n; ALTER TABLE {scene.table} ADD PRIMARY KEY (id);"
            for scene in self._mix.scenes
        )
        for _ in range(_SOCKET_SECONDS * 10):
            with suppress(psycopg.OperationalError):
                with self.postgresql() as one:
                    one.execute(f"CREATE USER {USER} SUPERUSER PASSWORD '{PASSWORD}';" + said)
                break
            time.sleep(0.1)
        store = self.redis()
        store.set("name", "Ada")
        store.mset({f"item:{number}": f"item {number}" for number in range(TABLE_ROWS)})
        store.rpush("rows", *(f"{number} " + "x" * 200 for number in range(10_000)))
        store.slowlog_reset()
        store.close()

    # -- administering --------------------------------------------------------------------------

    def postgresql(self) -> Any:
        """A session over its own socket, which the capture does not see."""
        import psycopg

        return psycopg.connect(
            host=str(self._folder / "pg"), port=Database.POSTGRESQL.port, user="postgres", dbname="postgres",
            autocommit=True,
        )  # fmt: skip

    def mariadb(self) -> Any:
        """The same."""
        import pymysql

        return pymysql.connect(unix_socket=str(self._folder / "my.sock"), user="root", autocommit=True)

    def redis(self) -> Any:
        """The same."""
        import redis

        return redis.Redis(unix_socket_path=str(self._folder / "redis.sock"), password=PASSWORD)

    # -- while it plays -------------------------------------------------------------------------

    def serve(self) -> None:
        """Until the clients have ended; then notes what the servers did."""
        watch = Watch(self._me, self)
        watching = threading.Thread(target=watch.run)
        watching.start()
        self._me.ready()
        killed = asked = False
        while not self._me.heard(DONE):
            time.sleep(0.005)
            if self._me.heard(ASK) and not asked:
                asked = True
                self._report_redis()
            if self._me.heard(KILL) and not killed:
                killed = True
                self._kill(self._mix.finale_database)
        self._me.sleep(0.3)
        watch.stop()
        watching.join()
        self._report()

    def _kill(self, database: Database) -> None:
        """SIGKILL, and to all of PostgreSQL's processes."""
        if database is Database.POSTGRESQL:
            head = (self._folder / "pg" / "postmaster.pid").read_text().split()[0]
            for each in _children(int(head)):
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
        self._running[database].kill()
        self._me.note("database-killed", database=database.value)

    def _report(self) -> None:
        """The slow logs, the errors and the endings, a line each."""
        for line in postgresql_lines((self._folder / "pg" / "log" / "server.json").read_text()):
            self._me.note("database-log", database="postgresql", **line)
        for line in mariadb_statements((self._folder / "slow.log").read_text(errors="replace")):
            self._me.note("database-log", database="mariadb", **line)
        for text in (self._folder / "my.err").read_text(errors="replace").splitlines():
            if "connection" in text:
                self._me.note("database-log", database="mariadb", what="said", text=text)
        for text in (self._folder / "redis.log").read_text(errors="replace").splitlines():
            if "client" in text.lower():
                self._me.note("database-log", database="redis", what="said", text=text)
        if self._running[Database.REDIS].poll() is None:
            self._report_redis()

    def _report_redis(self) -> None:
        """Its slow log since the last time."""
        store = self.redis()
        for entry in reversed(store.slowlog_get(-1)):
            words = entry["command"].decode(errors="replace")
            if words != "TIME":  # that is of a script
                self._me.note(
                    "database-log", database="redis", what="statement", peer=entry["client_address"].decode(),
                    at_s=entry["start_time"], took_us=entry["duration"], text=words,
                )  # fmt: skip
        store.slowlog_reset()
        store.close()


def _children(process: int) -> list[int]:
    found = []
    for each in _tasks():
        with suppress(OSError, ValueError, IndexError):
            if int((each / "stat").read_text().rpartition(")")[2].split()[1]) == process:
                found.append(int(each.name))
    return found


def _tasks() -> list[Path]:
    return [each for each in Path("/proc").iterdir() if each.name.isdigit()]


def play_servers(me: Program, mix: Mix) -> None:
    """The servers' side of a mix."""
    servers = Servers(me, mix)
    servers.start()
    me.note("database-mix", mix=json.dumps(mix.as_values()))
    servers.serve()

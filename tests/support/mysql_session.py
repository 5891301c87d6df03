"""A MariaDB server and clients of PyMySQL and of the server's own in a network namespace of their own, recorded.

    unshare --net python tests/support/mysql_session.py FOLDER

Writes into FOLDER ``mysql.pcap`` (all of it), ``keys.log`` (secrets of TLS) and ``slow.json`` (how long each statement
took by the server's own measure, in seconds).  Takes about fifteen seconds.
"""

from __future__ import annotations

import json
import re
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
from typing import Any, Final

import pymysql
from pymysql.constants import CLIENT, COMMAND, SERVER_STATUS
from recorded_traffic import recorded

HOST: Final = "127.0.0.1"
PORT: Final = 3306
#: Another port: nothing but the bytes tells what is spoken.
OTHER_PORT: Final = 14_306
PASSWORD: Final = "s3cret-of-ada"
OTHERS: Final = ("s3cret-wrong", "s3cret-set", "s3cret-created", "s3cret-row", "s3cret-clear")
#: Statements whose time the server's own measure is held against.
#: Some of them alone on a processor even where others are at work.
SLOW: Final = tuple(f"SELECT SLEEP(0.{number:03}), {number} AS slow" for number in range(10, 40))
ROWS: Final = 20_000
LONG: Final = (1 << 24) + 1_000
#: Statements that ``ordinary`` runs, in order, as ``requests`` names them.
ORDINARY: Final = (
    "SELECT 1",
    "CREATE TABLE people (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) UNIQUE, born DATE, size DOUBLE)",
    "INSERT INTO people (name, born, size) VALUES ('Ada', '1815-12-10', 1.5), ('Grace', '1906-12-09', NULL)",
    "SELECT * FROM people",
    "SELECT * FROM people WHERE id > 100",
    "SELECT * FROM nowhere",
    "INSERT INTO people (name) VALUES ('Ada')",
    "SELEC 1",
    "BEGIN",
    "UPDATE people SET size = 2 WHERE name = 'Grace'",
    "SELECT name FROM people ORDER BY id",
    "ROLLBACK",
)


def connect(**more: Any) -> pymysql.Connection[Any]:
    """A connection that commits by itself only where it is told to."""
    how: dict[str, Any] = {
        "host": HOST,
        "port": PORT,
        "user": "ada",
        "password": PASSWORD,
        "database": "shop",
        "ssl_disabled": "ssl" not in more,
    }
    return pymysql.connect(**{**how, **more})


class Server:
    """A server that keeps nothing; it ends with `stop`."""

    def __init__(self, folder: Path, certificate: Path) -> None:
        self.folder = folder
        self.log = folder / "slow.log"
        data, run = folder / "data", folder / "s.sock"
        made = ["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}", "--skip-test-db",
                "--auth-root-authentication-method=socket"]  # fmt: skip
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600)
        self.socket = run
        self._process = subprocess.Popen(
            ["mariadbd", "--no-defaults", "--user=root", f"--datadir={data}", f"--socket={run}", f"--port={PORT}",
             f"--bind-address={HOST}", f"--extra-port={OTHER_PORT}", "--slow-query-log=1", "--long-query-time=0",
             f"--slow-query-log-file={self.log}", "--log-bin=bin", "--server-id=1", "--local-infile=1",
             "--max-allowed-packet=64M", "--skip-name-resolve", "--innodb-buffer-pool-size=16M",
             "--innodb-flush-method=fsync", f"--pid-file={folder / 'pid'}", "--plugin-load-add=auth_ed25519",
             f"--ssl-cert={certificate}", f"--ssl-key={certificate}", f"--ssl-ca={certificate}"],
            stdout=subprocess.DEVNULL, stderr=(folder / "errors.log").open("wb"),
        )  # fmt: skip
        for _ in range(6_000):
            with suppress(OSError), socket.create_connection((HOST, PORT), 600):
                break
            time.sleep(0.1)
        self.client(
            "CREATE DATABASE shop",
            f"CREATE USER ada@'%' IDENTIFIED BY '{PASSWORD}'",
            "GRANT ALL ON *.* TO ada@'%' WITH GRANT OPTION",
            f"CREATE USER eve@'%' IDENTIFIED VIA ed25519 USING PASSWORD('{PASSWORD}')",
            "GRANT ALL ON shop.* TO eve@'%'",
        )

    def client(self, *statements: str, more: tuple[str, ...] = (), user: str = "") -> None:
        """The server's own client, over its socket or, as ``user``, over TCP."""
        where = [f"--socket={self.socket}", "--user=root"]
        if user:
            where = [f"--host={HOST}", f"--port={PORT}", f"--user={user}", f"--password={PASSWORD}", "shop"]
        subprocess.run(
            ["mariadb", "--no-defaults", *more, *where], input=";\n".join(statements) + ";\n", text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600, check=False,
        )  # fmt: skip

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        try:
            self._process.wait(600)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(600)


def ordinary() -> None:
    """One statement after the other, each alone."""
    with connect() as one, one.cursor() as cursor:
        one.ping()
        for statement in ORDINARY:
            with suppress(pymysql.MySQLError):
                cursor.execute(statement)
                cursor.fetchall()
        for statement in SLOW:
            cursor.execute(statement)
        one.select_db("shop")


def secrets() -> None:
    """What must not be shown."""
    with suppress(pymysql.MySQLError):
        connect(password=OTHERS[0])
    with connect() as one, one.cursor() as cursor:
        cursor.execute(f"CREATE USER bob@'%' IDENTIFIED BY '{OTHERS[2]}'")
        cursor.execute(f"SET PASSWORD FOR bob@'%' = PASSWORD('{OTHERS[1]}')")
        cursor.execute("CREATE TABLE accounts (login VARCHAR(20), password VARCHAR(40))")
        cursor.execute(f"INSERT INTO accounts (login, password) VALUES ('bob', '{OTHERS[3]}')")
    with suppress(RuntimeError):
        connect(user="eve")  # is asked for another method, which PyMySQL has not here


def many(**how: Any) -> None:
    """Several statements in one command, procedures, many rows, warnings."""
    with connect(client_flag=CLIENT.MULTI_STATEMENTS, **how) as one, one.cursor() as cursor:
        cursor.execute("SELECT 1; SELECT 2, 3; DO 0; SELEC 4")
        with suppress(pymysql.MySQLError):
            while cursor.nextset():
                pass
        cursor.execute("DROP PROCEDURE IF EXISTS two")
        cursor.execute("CREATE PROCEDURE two() BEGIN SELECT 1; SELECT 'b' UNION SELECT 'c'; END")
        cursor.callproc("two")
        while cursor.nextset():
            pass
        cursor.execute(f"SELECT seq, REPEAT('x', 30) FROM seq_1_to_{ROWS}")
        cursor.execute("SELECT REPEAT('y', 300000), NULL, '' FROM seq_1_to_3")


def long_packets() -> None:
    """A statement, and a row, of more than 16 MB."""
    with connect() as one, one.cursor() as cursor:
        cursor.execute(f"SELECT LENGTH('{'z' * LONG}')")
        cursor.execute(f"SELECT REPEAT('w', {LONG}), 1 UNION ALL SELECT 'v', 2")


def prepared(deprecate_eof: bool) -> None:
    """Prepared statements, which PyMySQL does not have: its packets, by hand."""
    flag = CLIENT.MULTI_RESULTS | ((1 << 24) if deprecate_eof else 0)
    with connect(client_flag=flag, init_command=None) as one:

        def ask(command: int, data: bytes) -> None:
            one._execute_command(command, data)

        def packet() -> bytes:
            return bytes(one._read_packet().get_all_data())

        def ended(data: bytes) -> bool:
            return data[0] == 0xFE and len(data) < 9

        ask(COMMAND.COM_STMT_PREPARE, b"SELECT seq, ? AS b FROM seq_1_to_50 WHERE seq < ?")
        number, columns, parameters = struct.unpack_from("<IHH", packet(), 1)
        for _ in range(columns + parameters + (0 if deprecate_eof else 2)):
            packet()
        for most in (5, 20):
            values = b"\0\1" + b"\xfd\0\x08\0" + b"\5hello" + struct.pack("<q", most)
            ask(COMMAND.COM_STMT_EXECUTE, struct.pack("<IBI", number, 0, 1) + values)
            packet()
            for _ in range(columns + (not deprecate_eof)):
                packet()
            while not ended(packet()):
                pass
        ask(COMMAND.COM_STMT_RESET, struct.pack("<I", number))
        packet()
        ask(COMMAND.COM_STMT_PREPARE, b"SELECT seq FROM seq_1_to_100")
        other, columns, _ = struct.unpack_from("<IHH", packet(), 1)
        for _ in range(columns + (not deprecate_eof)):
            packet()
        ask(COMMAND.COM_STMT_EXECUTE, struct.pack("<IBI", other, 1, 1))  # with a cursor
        packet()
        for _ in range(columns + 1):
            packet()
        for _ in range(2):
            ask(COMMAND.COM_STMT_FETCH, struct.pack("<II", other, 30))
            while not ended(packet()):
                pass
        ask(COMMAND.COM_STMT_PREPARE, b"SELECT nothing FROM nowhere")
        with suppress(pymysql.MySQLError):
            packet()
        one._execute_command(COMMAND.COM_STMT_CLOSE, struct.pack("<I", number))
        ask(COMMAND.COM_STATISTICS, b"")
        packet()
        with suppress(pymysql.MySQLError):
            ask(COMMAND.COM_FIELD_LIST, b"people\0%")
            while not ended(packet()):
                pass


#: Columns of every kind, with the values of the rows in them; what is empty, long, negative, unusual.
KINDS: Final = (
    ("t TINYINT", "-128", "127", "0"), ("tu TINYINT UNSIGNED", "255", "0", "1"), ("s SMALLINT", "-32768", "7", "9"),
    ("m MEDIUMINT", "-8388608", "8388607", "1"), ("i INT", "-2147483648", "2147483647", "0"),
    ("iu INT UNSIGNED", "4294967295", "0", "5"), ("b BIGINT", "-9223372036854775808", "1", "2"),
    ("bu BIGINT UNSIGNED", "18446744073709551615", "0", "1"), ("f FLOAT", "1.5", "-0.000123", "3.40282e38"),
    ("d DOUBLE", "0.1", "-1e300", "12345678.9"), ("n DECIMAL(20,5)", "12345678901234.56789", "-0.00001", "0"),
    ("y YEAR", "1999", "2155", "0"), ("da DATE", "'1815-12-10'", "'9999-12-31'", "'1000-01-01'"),
    ("dt DATETIME(6)", "'2026-02-03 04:05:06.789012'", "'2026-01-01 00:00:00.000001'", "'1999-12-31 23:59:59.5'"),
    ("ts TIMESTAMP NULL", "'2026-02-03 04:05:06'", "'2001-01-01 00:00:00'", "NULL"),
    ("ti TIME", "'-838:59:59'", "'00:00:00'", "'25:00:01'"),
    ("v VARCHAR(60)", "''", "'日本語 \"q\"'", "CONCAT('a', CHAR(10), 'b')"),
    ("c CHAR(5)", "'abc'", "''", "NULL"), ("bl BLOB", "x'00ff80'", "x''", "'text'"),
    ("tx LONGTEXT", "REPEAT('z', 70000)", "NULL", "'\U0001f600'"), ("bi BIT(9)", "b'101010101'", "b'0'", "NULL"),
    ("e ENUM('one','two')", "'two'", "'one'", "NULL"), ("se SET('a','b','c')", "'a,c'", "''", "'b'"),
    ("js JSON", "'{\"k\": [1, null]}'", "'[]'", "NULL"),
)  # fmt: skip


def kinds(folder: Path) -> None:
    """Rows of values of every kind, as text and, of the same rows, binary; `PyMySQL`'s account of them."""
    with connect(conv=dict(pymysql.converters.encoders)) as one:
        with one.cursor() as cursor:
            cursor.execute(f"CREATE TABLE kinds ({', '.join(column for column, *_ in KINDS)}) CHARSET utf8mb4")
            for values in zip(*(values for _, *values in KINDS), strict=True):
                cursor.execute(f"INSERT INTO kinds VALUES ({', '.join(values)})")
            cursor.execute("SELECT * FROM kinds, kinds AS again")
            names = [column[0] for column in cursor.description]
            found = [
                [{"hex": one.hex()} if isinstance(one, bytes) else one for one in row] for row in cursor.fetchall()
            ]
        one._execute_command(COMMAND.COM_STMT_PREPARE, b"SELECT * FROM kinds, kinds AS again")
        number, columns, _ = struct.unpack_from("<IHH", one._read_packet().get_all_data(), 1)
        for _ in range(columns + 1):
            one._read_packet()
        one._execute_command(COMMAND.COM_STMT_EXECUTE, struct.pack("<IBI", number, 0, 1))
        one._read_packet()
        ends = 0
        while ends < 2:
            data = one._read_packet().get_all_data()
            ends += data[0] == 0xFE and len(data) < 9
    (folder / "kinds.json").write_text(json.dumps([names, found]))


def infile(folder: Path) -> None:
    """A file of the client's that the server asks for."""
    (folder / "rows.csv").write_text("".join(f"{number}\tname {number}\n" for number in range(10, 3_000)))
    with connect(local_infile=True) as one, one.cursor() as cursor:
        cursor.execute("CREATE TABLE loaded (id INT, name VARCHAR(40))")
        cursor.execute(f"LOAD DATA LOCAL INFILE '{folder / 'rows.csv'}' INTO TABLE loaded")
        one.commit()
        cursor.execute("SELECT COUNT(*) FROM loaded")


def encrypted(folder: Path, certificate: Path) -> None:
    """The same inside TLS."""
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.keylog_filename = str(folder / "keys.log")
    with connect(ssl=context) as one, one.cursor() as cursor:
        for statement in ("SELECT 'inside TLS'", "SELECT nowhere", f"SELECT seq FROM seq_1_to_{ROWS // 4}"):
            with suppress(pymysql.MySQLError):
                cursor.execute(statement)


def own_clients(server: Server) -> None:
    """The server's own client, with compression and without, and one that reads the log of replication."""
    statements = (*ORDINARY[3:6], f"SELECT seq, REPEAT('x', 30) FROM seq_1_to_{ROWS}", "SELECT 'q'", "SHOW WARNINGS")
    for more in (("--skip-ssl",), ("--skip-ssl", "--compress")):
        server.client("SELECT 1", *statements, more=(*more, "--force"), user="ada")
    server.client("SELECT 'eve'", more=("--skip-ssl",), user="eve")
    subprocess.run(
        ["mariadb-binlog", "--no-defaults", "--read-from-remote-server", f"--host={HOST}", f"--port={PORT}",
         "--user=ada", f"--password={PASSWORD}", "--skip-ssl", "bin.000001"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600, check=False,
    )  # fmt: skip


def killed(server: Server) -> None:
    """A connection that another one ends, and a statement, once it runs: the server says so on its own socket."""
    with connect() as one, connect() as other, other.cursor() as cursor:
        cursor.execute(f"KILL {one.thread_id()}")
        time.sleep(0.1)
        with suppress(pymysql.MySQLError, OSError):
            one.query("SELECT 'too late'")
    with connect() as one, connect() as other, other.cursor() as cursor:
        runs = (
            f"SELECT COUNT(*) FROM information_schema.processlist WHERE ID = {one.thread_id()} AND INFO LIKE '%RAND%'"
        )

        def end() -> None:
            with pymysql.connect(unix_socket=str(server.socket), user="root") as own, own.cursor() as asking:
                while asking.execute(runs) and asking.fetchone() == (0,):
                    time.sleep(0.05)
            cursor.execute(f"kill query {one.thread_id()};")

        ending = threading.Thread(target=end)
        ending.start()
        with suppress(pymysql.MySQLError):
            one.query("SELECT SUM(RAND()) FROM seq_1_to_1000000000")
        ending.join()


def slow_entries(log: Path) -> list[tuple[str, float]]:
    """Statement and seconds of each entry of the server's slow log."""
    text = log.read_text("utf-8", "replace")
    found = re.findall(r"# Query_time: ([0-9.]+)[^\n]*\n(?:#[^\n]*\n)*SET timestamp=[0-9]+;\n([^\n]*);\n", text)
    return [(statement[:200], float(seconds)) for seconds, statement in found]


def certificate_in(folder: Path) -> Path:
    """A certificate with its key, for an hour."""
    made = folder / "both.pem"
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
         "1", "-subj", "/CN=mysql", "-keyout", str(key), "-out", str(certificate)],
        check=True, stderr=subprocess.DEVNULL, timeout=600,
    )  # fmt: skip
    made.write_text(certificate.read_text() + key.read_text())
    return made


def record(folder: Path) -> None:
    """Everything, once."""
    subprocess.run(["ip", "link", "set", "lo", "mtu", "1500", "up"], check=True)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        certificate = certificate_in(scratch)
        server = Server(scratch, certificate)
        try:
            with recorded(folder / "mysql.pcap"):
                ordinary()
                secrets()
                many()
                many(port=OTHER_PORT)
                prepared(deprecate_eof=False)
                prepared(deprecate_eof=True)
                infile(scratch)
                kinds(folder)
                encrypted(folder, certificate)
                own_clients(server)
                killed(server)
                long_packets()
        finally:
            server.stop()
        (folder / "slow.json").write_text(json.dumps(slow_entries(server.log)))
    assert SERVER_STATUS.SERVER_STATUS_IN_TRANS == 1


if __name__ == "__main__":
    record(Path(sys.argv[1]))

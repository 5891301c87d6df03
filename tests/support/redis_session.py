"""A Redis server, a replica of it, and clients of redis-py in a network namespace of their own, recorded.

    unshare --net python tests/support/redis_session.py FOLDER

Writes into FOLDER ``redis.pcap`` (all of it), ``monitor.json`` (what MONITOR showed), ``slowlog.json`` (how long each
command took by the server's own measure, in microseconds) and ``asked.json``.  Takes about four seconds.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import redis
from recorded_traffic import recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST: Final = "127.0.0.1"
PORT: Final = 6379
REPLICA: Final = 6380
PASSWORD: Final = "s3cret-of-the-server"
OTHERS: Final = ("s3cret-of-alice", "s3cret-tried", "s3cret-config", "s3cret-migrate", "s3cret-inline", "s3cret-hello")
#: As many entries of the slow log as are asked for in the recording.
FEW: Final = 3
#: The server's socket for what is not to be recorded, in its folder.
SOCKET: Final = "s"
#: How many scripts are run, some of them alone on a processor even where others are at work …
SCRIPTS: Final = 30
#: … each of which counts for a while.
SLOW: Final = "local n = 0 for i = 1, tonumber(ARGV[1]) do n = n + i end return n"
#: What each pure-Python client is; redis-py must not tell the server of itself, for its version is in that.
PLAIN: Final[dict[str, Any]] = {"host": HOST, "port": PORT, "password": PASSWORD, "driver_info": None, "retry": None}


def client(**more: Any) -> redis.Redis:
    """A client with a connection of its own."""
    return redis.Redis(**{**PLAIN, "single_connection_client": True, **more})


def serve(port: int, folder: Path, *more: str) -> subprocess.Popen[bytes]:
    """A server that keeps nothing; it ends with this process."""
    options = ["--save", "", "--appendonly", "no", "--requirepass", PASSWORD, "--masterauth", PASSWORD]
    return subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", HOST, "--dir", str(folder), "--slowlog-log-slower-than", "0",
         "--slowlog-max-len", "10000", "--repl-diskless-sync-delay", "0", *options, *more],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def until_ready(port: int) -> None:
    """Waits until the server answers."""
    for _ in range(12_000):
        with suppress(redis.ConnectionError):
            client(port=port).ping()
            return
        time.sleep(0.05)
    message = f"no server on port {port}"
    raise TimeoutError(message)


def ordinary() -> None:
    """One command after the other, RESP2."""
    with client(protocol=2) as one:
        one.set("user:1", "Ada")
        one.get("user:1")
        one.get("user:none")
        one.rpush("list", *(f"element {number}" for number in range(40)))
        one.lrange("list", 0, -1)
        one.set("blob", bytes(range(256)) * 400)
        one.get("blob")
        one.hset("hash", mapping={"name": "Ada", "words": "a b\r\nc", "née": "ü"})
        one.hgetall("hash")
        one.incrby("counter", 41)
        one.zadd("scores", {"a": 1.5, "b": 2})
        one.zrange("scores", 0, -1, withscores=True)
        for wrong in (("LPUSH", "user:1", "x"), ("NOSUCH", "x"), ("GET",)):
            with suppress(redis.ResponseError):
                one.execute_command(*wrong)
        one.config_set("masterauth", OTHERS[2])
        one.config_set("masterauth", PASSWORD)
        one.config_get("*pass*")
        one.acl_setuser("alice", enabled=True, passwords=[f"+{OTHERS[0]}"], keys=["*"], commands=["+@all"])
        one.acl_getuser("alice")
        with suppress(redis.ResponseError):
            one.migrate(HOST, 1, "user:1", 0, 100, auth=OTHERS[3])
        counts = (200_000, 400_000, 2_000_000)
        for number in counts:
            one.eval(SLOW, 0, number)
        digest = one.script_load(SLOW)
        for _ in range(SCRIPTS - len(counts)):
            one.evalsha(digest, 0, 300_000)
        for number in range(60):
            one.get(f"user:{number}")


def resp3() -> None:
    """The types that only RESP3 has."""
    with client(protocol=3, username="alice", password=OTHERS[0]) as one:
        one.set("user:2", "Grace")
        one.hgetall("hash")
        one.sadd("set", "a", "b")
        one.smembers("set")
        one.zscore("scores", "a")
        one.get("user:none")
    with socket.create_connection((HOST, PORT), 600) as plain:  # redis-py knows no attributes
        plain.sendall(f"HELLO 3 AUTH alice {OTHERS[0]}\r\n".encode())
        time.sleep(0.05)
        for kind in (
            "string",
            "integer",
            "double",
            "null",
            "array",
            "set",
            "map",
            "attrib",
            "push",
            "true",
            "false",
            "bignum",
            "verbatim",
        ):
            plain.sendall(b"*3\r\n$5\r\nDEBUG\r\n$8\r\nPROTOCOL\r\n$%d\r\n%s\r\n" % (len(kind), kind.encode()))
            time.sleep(0.02)
        plain.sendall(b"*2\r\n$4\r\nECHO\r\n$4\r\nlast\r\n")
        told = b""
        while not told.endswith(b"last\r\n"):  # who closes before has what is under way reset
            more = plain.recv(65536)
            assert more
            told += more


def pipelines() -> None:
    """Many commands at once, and transactions."""
    with client(protocol=2) as one:
        with one.pipeline(transaction=False) as pipe:
            for number in range(500):
                pipe.set(f"p:{number}", "v" * (number % 50))
            pipe.mget([f"p:{number}" for number in range(100)])
            pipe.execute()
        with one.pipeline(transaction=True) as pipe:
            pipe.incr("counter").get("counter").blpop(["nothing"], 1)
            pipe.execute()
        with one.pipeline() as pipe:
            pipe.watch("user:1")
            one2 = client()
            one2.set("user:1", "Bob")
            one2.close()
            pipe.multi()
            pipe.get("user:1")
            with suppress(redis.WatchError):
                pipe.execute()


def waiting(own_socket: Path) -> None:
    """Commands that wait, and what ends that; ``own_socket`` is one that is not recorded."""
    with client(protocol=2) as one, client(protocol=2) as other:

        def end() -> None:
            with client(unix_socket_path=str(own_socket)) as watching:
                while not watching.info("clients")["blocked_clients"]:
                    time.sleep(0.02)
            time.sleep(0.3)
            other.rpush("queue", "job")

        later = threading.Thread(target=end)
        later.start()
        one.blpop(["queue"], 600)
        later.join()
        one.blpop(["queue"], 1)
        one.xadd("stream", {"a": 1}, id="1-1")
        one.xread({"stream": "$"}, block=200)
        one.wait(1, 200)


def channels(protocol: int) -> None:
    """Publish and subscribe."""
    with client(protocol=protocol) as one, client(protocol=protocol) as other:
        listening = one.pubsub()
        listening.subscribe("news", "sport")
        listening.psubscribe("n*")
        for number in range(5):
            other.publish("news", f"number {number}")
        deadline = time.monotonic() + 600
        seen = 0
        while seen < 10 and time.monotonic() < deadline:
            said = listening.get_message(timeout=0.1)
            seen += said is not None and said["type"] in ("message", "pmessage")
        listening.unsubscribe()
        listening.close()


def odd() -> None:
    """Inline commands, no replies, refusals, a wrong password."""
    with socket.create_connection((HOST, PORT), 600) as one:
        one.sendall(b"PING\r\n")
        one.recv(100)
        one.sendall(f"AUTH {OTHERS[4]}\r\n".encode())
        one.recv(100)
        one.sendall(f"AUTH {PASSWORD}\r\n".encode())
        one.recv(100)
        one.sendall(b'SET "a b" c\r\nGET user:1\r\n')
        time.sleep(0.05)
        one.recv(100)
        one.sendall(
            b"*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$4\r\nSKIP\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$4\r\nPING\r\n"
        )
        time.sleep(0.05)
        one.recv(100)
        one.sendall(f"HELLO 3 AUTH default {OTHERS[5]}\r\nQUIT\r\n".encode())
        while one.recv(100):  # to the server's end
            pass
    with suppress(redis.AuthenticationError):
        client(password=OTHERS[1]).ping()
    with suppress(redis.AuthenticationError, redis.ResponseError):
        client(password=None).get("user:1")


def monitored(shown: list[str], ready: threading.Event) -> None:
    """What MONITOR shows, until the server is gone."""
    with suppress(redis.ConnectionError, ValueError, OSError), client(protocol=2).monitor() as watch:
        ready.set()
        shown.extend(_lines(watch))


def _lines(watch: Any) -> Iterator[str]:
    while True:
        yield watch.next_command()["command"]


def record(folder: Path) -> None:
    """Everything, once."""
    subprocess.run(["ip", "link", "set", "lo", "mtu", "1500", "up"], check=True)
    shown: list[str] = []
    ready = threading.Event()
    with tempfile.TemporaryDirectory() as scratch, recorded(folder / "redis.pcap"):
        servers = [serve(PORT, Path(scratch), "--enable-debug-command", "yes", "--unixsocket", SOCKET)]
        try:
            until_ready(PORT)
            watcher = threading.Thread(target=monitored, args=(shown, ready), daemon=True)
            watcher.start()
            ready.wait(600)
            servers.append(serve(REPLICA, Path(scratch), "--replicaof", HOST, str(PORT)))
            until_ready(REPLICA)
            time.sleep(1.5)
            for act in (
                ordinary,
                resp3,
                pipelines,
                lambda: waiting(Path(scratch) / SOCKET),
                lambda: channels(2),
                lambda: channels(3),
                odd,
            ):
                act()
            time.sleep(1.2)  # the replica acknowledges once a second
            with client() as one:
                one.slowlog_get(FEW)
            # All of it is for the tests, not for the recording: cut into segments that differ from run to run, it made
            # tshark list some elements again in each.
            with client(unix_socket_path=str(Path(scratch) / SOCKET)) as one:
                took = [(entry["command"].decode("latin-1"), entry["duration"]) for entry in one.slowlog_get(10_000)]
            time.sleep(0.2)
        finally:
            for server in reversed(servers):
                server.terminate()
                server.wait(600)
            watcher.join(600)  # it has read what the server showed
    (folder / "monitor.json").write_text(json.dumps(shown))
    (folder / "slowlog.json").write_text(json.dumps(took[::-1]))


if __name__ == "__main__":
    record(Path(sys.argv[1]))

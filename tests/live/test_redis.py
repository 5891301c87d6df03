"""A real Redis server, its replica and redis-py, recorded: held against tshark, MONITOR and the server's slow log."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis_session

from tcptui.access.requests import requests_of
from tcptui.model.request import RequestPart
from tcptui.protocols.redis.redis_stream import RedisStream
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.request import Request
    from tcptui.session.session import Session

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(
        not all(map(shutil.which, ("redis-server", "tcpdump", "tshark", "unshare"))),
        reason="needs redis-server, tcpdump, tshark, unshare",
    ),
]
FIELDS = ("resp.string", "resp.error", "resp.integer", "resp.bulk_string.length", "resp.bulk_string.value",
          "resp.array.length")  # fmt: skip
SECRETS = (redis_session.PASSWORD, *redis_session.OTHERS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("redis")
    command = ["unshare", "--net", sys.executable, redis_session.__file__, str(made)]
    subprocess.run(command, check=True, timeout=600)
    return made


@pytest.fixture(scope="module")
def session(folder: Path) -> Iterator[Session]:
    opened = open_file(folder / "redis.pcap")
    yield opened
    opened.close()


def requests_in(session: Session) -> list[Request]:
    return [one for stream in range(session.streams.count) for one in requests_of(session, stream)]


def test_fields_are_those_of_tshark_but_for_what_it_misreads_and_what_is_secret(folder: Path) -> None:
    capture, asked = (
        folder / "redis.pcap",
        [word for name in ("frame.number", "tcp.port", *FIELDS) for word in ("-e", name)],
    )
    cut_by = ["-e", "tcp.segment.count", "-e", "tcp.reassembled_in"]
    commands = (["tshark", "-2", "-n", "-r", capture, "-T", "fields", *asked, *cut_by],
                [sys.executable, "-m", "tcptui", "packets", capture, *asked])  # fmt: skip
    theirs, ours = (
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout.splitlines()
        for command in commands
    )
    differing, same = Counter[str](), Counter[str]()
    for their, our in zip(theirs, ours, strict=True):
        (number, ports, *known, pieces, ends), (_, _, *found) = their.split("\t"), our.split("\t")
        if str(redis_session.REPLICA) in ports.split(","):
            continue  # tshark goes by the port
        for name, one, other in zip(FIELDS, known, found, strict=True):
            hidden = set(one.split(",")) - set(other.split(","))
            if one == other:
                same[name] += bool(one)
            elif name == "resp.bulk_string.value" and other in ("", *_without(one, hidden)):
                same[name] += 1
            elif name == "resp.array.length" and (pieces or ends):
                continue  # it lists the array anew in each segment that has a part of it
            else:
                differing[name] += 1
                print(number, name, one[:80], other[:80])

    assert min(same.values()) >= 15
    # A bulk string over a segment's border makes it list an array twice; it reads an RDB file as values; a reply that
    # may hold a password has no values here.
    assert max(differing.values(), default=0) <= 6


def _without(values: str, hidden: set[str]) -> tuple[str]:
    return (",".join(value for value in values.split(",") if value not in hidden),)


def test_commands_are_those_that_the_server_saw(folder: Path, session: Session) -> None:
    """But for AUTH, HELLO and administration, which MONITOR leaves out, what came before it, and what was refused."""
    shown = Counter(line.split()[0].upper() for line in json.loads((folder / "monitor.json").read_text()))
    asked = Counter(one.operation.split()[0] for one in requests_in(session) if one.operation)
    for name in ("SET", "GET", "LRANGE", "HGETALL", "EVAL", "EVALSHA", "MGET", "MULTI", "BLPOP", "XREAD", "WAIT",
                 "PUBLISH", "INCR", "ZADD", "SMEMBERS"):  # fmt: skip
        refused = sum(
            one.operation.split()[:1] == [name] and one.status in ("ERR", "NOAUTH") for one in requests_in(session)
        )
        given_up = name == "GET"  # one was in a transaction that was not executed
        assert asked[name] - refused - given_up == shown[name], name


def test_servers_time_is_that_of_its_slow_log(folder: Path, session: Session) -> None:
    """Of scripts that take milliseconds, on loopback: what the wire sees adds the server's reading and writing."""
    took = [us for command, us in json.loads((folder / "slowlog.json").read_text()) if command.startswith("EVAL")]
    seen = [one for one in requests_in(session) if one.operation.startswith("EVAL")]

    assert len(took) == len(seen) == redis_session.SCRIPTS
    beyond = [one.spent_ns(RequestPart.SERVER) / 1_000 - us for one, us in zip(seen, took, strict=True)]
    assert min(beyond) > -50
    # Reading and writing wait for a processor, too, where others are at work: not each time.
    assert min(beyond) <= max(500, 0.1 * statistics.median(took))


def test_waiting_commands_are_nobodys_time_and_slow_ones_the_servers(session: Session) -> None:
    waited = [one for one in requests_in(session) if one.operation.startswith("BLPOP queue")]

    assert len(waited) == 2
    assert all(one.spent_ns(RequestPart.SERVER) == 0 for one in waited)
    assert [one.status for one in waited] == ["OK", "nil"]
    assert all(one.spent_ns(RequestPart.IDLE) > 0.8 * one.duration_ns for one in waited)


def test_every_request_is_answered_and_errors_are_named(session: Session) -> None:
    found = requests_in(session)
    answered = [one for one in found if not one.operation.startswith(("REPLCONF", "CLIENT REPLY", "SHUTDOWN"))]
    missing = [one.operation for one in answered if one.response is None]
    statuses = Counter(one.status for one in found)

    assert missing == ["GET a"]  # told not to answer
    assert {"OK", "nil", "QUEUED", "ERR", "WRONGTYPE", "NOAUTH", "WRONGPASS"} <= set(statuses)
    assert len(found) > 650


def test_elements_are_written_as_the_client_got_them(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows"
    command = [sys.executable, "-m", "tcptui", "requests", folder / "redis.pcap", "--results", out]
    listed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout
    names = {line.split(maxsplit=4)[4]: line.split()[3] for line in listed.splitlines()}
    rows = {
        operation: [list(json.loads(line).values()) for line in (out / name).read_text().splitlines()]
        for operation, name in names.items()
    }

    assert rows["LRANGE list"] == [[f"element {number}"] for number in range(40)]
    assert sorted(rows["SMEMBERS set"]) == [["a"], ["b"]]
    assert sorted(rows["HGETALL hash"]) == [["name", "Ada"], ["née", "ü"], ["words", "a b\r\nc"]]  # RESP3's map
    assert len(rows["MGET p:0 +99"]) == 100
    assert not any(secret in (out / name).read_text() for name in names.values() for secret in SECRETS)
    assert not any(operation.startswith(("CONFIG", "ACL", "SUBSCRIBE")) for operation in names)


def test_no_secret_is_in_what_is_decoded(folder: Path, session: Session) -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "tcptui", "requests", folder / "redis.pcap", "--jsonl"],
        check=True, capture_output=True, text=True, timeout=600,
    ).stdout  # fmt: skip
    for stream in range(session.streams.count):
        application = session.application(stream)
        if not isinstance(application.parsed, RedisStream):
            continue
        for part in application.parts():
            listed += b"".join(data for _, data in part.blocks()).decode("latin-1")
    assert "SETUSER alice" in listed
    assert not any(secret in listed for secret in SECRETS)

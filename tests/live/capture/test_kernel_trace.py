"""The kernel's trace events with a live capture: who may what, what is left, which packets they are tied to."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from raw_client import ACK, PSH, SYN, RawClient

from tcptui.access.kernel_events.log import KernelLog
from tcptui.access.kernel_events.tied_events import KernelEvents
from tcptui.capture.child.client import CaptureChild, CaptureOptions
from tcptui.capture.kernel_trace.client import KernelTrace
from tcptui.capture.kernel_trace.instance import PREFIX
from tcptui.capture.live_source import LiveSource
from tcptui.model.errors import CaptureDeniedError, CaptureError
from tcptui.model.kernel_event import KernelEventKind
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Wire

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason="needs root on Linux"),
    pytest.mark.skipif("tracefs" not in Path("/proc/filesystems").read_text(), reason="this kernel has no tracefs"),
]

ROOT = Path(__file__).parents[3]
NOBODY = 65534
FAR = "10.77.0.2"
PORT = 5401
#: Only a failing test waits so long, in seconds.
DEADLINE_S = 120


def in_tracefs(command: str) -> str:
    """Run a shell command where tracefs is mounted, for itself alone."""
    script = f"test -d /sys/kernel/tracing/instances || mount -t tracefs nodev /sys/kernel/tracing; {command}"
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", script], check=True, capture_output=True, text=True, timeout=DEADLINE_S
    ).stdout


def instances() -> list[str]:
    return in_tracefs(f"ls /sys/kernel/tracing/instances | grep ^{PREFIX} || true").split()


def until(is_so: Callable[[], bool]) -> None:
    give_up = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def status(pid: int) -> dict[str, list[str]]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.split() for key, _, value in (line.partition(":") for line in lines)}


@pytest.fixture
def trace() -> Iterator[KernelTrace]:
    before = instances()
    started = KernelTrace.start(None)
    yield started
    started.close()
    until(lambda: instances() == before)


def test_reader_has_no_right_and_its_janitor_neither(trace: KernelTrace) -> None:
    nothing = ["0" * 16]
    (janitor,) = children(trace.pid)
    until(lambda: status(janitor)["CapEff"] == nothing)

    reader, keeper = status(trace.pid), status(janitor)
    assert reader["Uid"] == reader["Gid"] == [str(NOBODY)] * 4
    assert keeper["Uid"] == ["0"] * 4, "who removes the instance"
    for each in (reader, keeper):
        assert [each[name] for name in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb")] == [nothing] * 5
        assert each["NoNewPrivs"] == ["1"]
    held = {str(path.readlink()) for path in Path(f"/proc/{janitor}/fd").iterdir()}
    assert {name.partition(":")[0] for name in held} == {"/dev/null", "pipe"}, "it can read nothing else"


def test_reader_of_a_user_of_sudo_becomes_that_user() -> None:
    body = """
        import json, os, socket, sys
        from pathlib import Path
        from tcptui.capture import privileges
        from tcptui.capture.kernel_trace.client import KernelTrace
        identity = privileges.invoking_identity()
        trace = KernelTrace.start(identity)
        privileges.drop_root(identity)
        trace.record()
        socket.socket().connect_ex(("127.0.0.1", 1))
        status = dict(line.split(":", 1) for line in Path(f"/proc/{trace.pid}/status").read_text().splitlines())
        trace.stop()
        print(json.dumps([status["Uid"].split(), status["CapPrm"].split(), os.fstat(trace.descriptor).st_size]))
        """
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "SUDO_UID": str(NOBODY),
        "SUDO_GID": str(NOBODY),
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(body)],
        env=environment,
        capture_output=True,
        check=True,
        timeout=DEADLINE_S,
    )
    uid, right, written = json.loads(done.stdout)

    assert (uid, right) == ([str(NOBODY)] * 4, ["0" * 16])
    assert written > 0


def test_nothing_is_left_when_the_reader_is_killed(trace: KernelTrace) -> None:
    trace.record()
    assert instances()
    os.kill(trace.pid, signal.SIGKILL)

    until(lambda: not instances())


def test_next_start_clears_what_a_killed_run_left() -> None:
    killed = KernelTrace.start(None)
    (janitor,) = children(killed.pid)
    (left,) = instances()
    for pid in (janitor, killed.pid):
        os.kill(pid, signal.SIGKILL)
    killed.close()
    assert instances() == [left]
    following = KernelTrace.start(None)
    try:
        assert left not in instances()
    finally:
        following.close()
    until(lambda: not instances())


def test_instance_that_another_run_uses_stays(trace: KernelTrace) -> None:
    mine = instances()
    other = KernelTrace.start(None)
    other.close()

    until(lambda: instances() == mine)


def test_killed_app_leaves_nothing() -> None:
    body = """
        import sys
        from tcptui.capture.kernel_trace.client import KernelTrace
        trace = KernelTrace.start(None)
        trace.record()
        print("ready", flush=True)
        sys.stdin.read()
        """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(body)], env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as app:  # fmt: skip
        assert app.stdout is not None
        app.stdout.readline()
        app.kill()
    until(lambda: not instances())


@pytest.mark.parametrize(
    ("words", "error"),
    [(["setpriv", "--reuid", str(NOBODY), "--clear-groups"], CaptureDeniedError),
     (["setpriv", "--bounding-set=-all", "--inh-caps=-all"], CaptureError)],
)  # fmt: skip
def test_without_a_right_it_is_refused_in_one_line(words: list[str], error: type[CaptureError]) -> None:
    body = "from tcptui.capture.kernel_trace.client import KernelTrace\nKernelTrace.start(None)"
    done = subprocess.run(
        [*words, sys.executable, "-c", body], env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True, timeout=DEADLINE_S, check=False,
    )  # fmt: skip

    assert error.__name__ in done.stderr.splitlines()[-1]
    assert not instances()


class Bench:
    """A capture at the far end of a wire, with the kernel's events."""

    def __init__(self, wire: Wire, folder: Path) -> None:
        self.wire = wire
        self._path = folder / "a.pcap"
        self._trace = KernelTrace.start(None)
        with wire.inside(wire.right):
            self._child = CaptureChild.start()
        self._source: LiveSource | None = None

    @contextmanager
    def capturing(self) -> Iterator[None]:
        self._trace.record()
        self._records = KernelLog(self._trace.descriptor)
        self._source = LiveSource(self._child, CaptureOptions("right", "tcp"), path=self._path)
        self._source.start(lambda: None)
        yield
        self._source.stop()
        self._trace.stop()

    def wait_for(self, port: int, kind: KernelEventKind) -> None:
        """Wait until the kernel said ``kind`` of the connection from or to ``port``."""

        def is_there() -> bool:
            records = self._records.records
            at = (records["source_port"] == port) | (records["target_port"] == port)
            return bool((at & (records["kind"] == kind)).any())

        def look() -> bool:
            self._records.grow()
            return is_there()

        until(look)

    def session(self) -> tuple[Session, KernelEvents]:
        session = open_file(self._path)
        session.run_here()
        word = KernelEvents.of(session)
        word.log = KernelLog(self._trace.descriptor)
        return session, word

    def close(self) -> None:
        if self._source is not None:
            self._source.close()
        self._child.close()
        self._trace.close()


@pytest.fixture
def bench(wire: Wire) -> Iterator[Bench]:
    folder = Path(os.environ["TMPDIR"])
    made = Bench(wire, folder)
    yield made
    made.close()
    until(lambda: not instances())


def said(session: Session, word: KernelEvents) -> dict[tuple[str, str], list[int]]:
    """By event and reason: the rows that they are tied to."""
    found: dict[tuple[str, str], list[int]] = {}
    for stream in range(session.streams.count):
        for row, sayings in word.about(session, stream).by_row.items():
            for one in sayings:
                found.setdefault((one.kind.label, one.reason), []).append(row)
    return found


def raw_client(wire: Wire, port: int, peer_port: int = PORT, *, stamp: int = 1000) -> RawClient:
    """A client at 10.77.0.50, an address of nobody, that the far end finds at the near end."""
    macs = []
    for namespace, name in ((wire.left, "left"), (wire.right, "right")):
        link = json.loads(subprocess.check_output(["ip", "-j", "-n", namespace, "link", "show", name]))
        macs.append(bytes.fromhex(link[0]["address"].replace(":", "")))
    wire.configure("neigh", "replace", "10.77.0.50", "lladdr", macs[0].hex(":"), "dev", "right")
    with wire.inside(wire.left):
        link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    link.bind(("left", 0))
    link.settimeout(DEADLINE_S)
    return RawClient(link, (macs[0], macs[1]), ("10.77.0.50", port, FAR, peer_port), stamp)


def listening(wire: Wire, *, buffer: int = 0) -> socket.socket:
    with wire.inside(wire.right):
        listener = socket.socket()
    if buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((FAR, PORT))
    listener.listen(8)
    return listener


#: What the kernel calls it, and the segment that is thrown away for it, after 100 bytes have come.
DROPS: dict[str, dict[str, Any]] = {
    "TCP_OLD_DATA": {"flags": ACK | PSH, "seq": 1, "payload": b"x" * 100},
    "TCP_OLD_SEQUENCE": {"flags": ACK | PSH, "seq": -5000, "payload": b"x" * 10},
    "TCP_INVALID_SEQUENCE": {"flags": ACK | PSH, "seq": 5_000_000, "payload": b"x" * 10},
    "TCP_RFC7323_PAWS": {"flags": ACK | PSH, "seq": 101, "payload": b"x" * 10, "stamp": 10},
    "TCP_ACK_UNSENT_DATA": {"flags": ACK, "seq": 101, "ack": 100_000},
    "TCP_FLAGS": {"flags": PSH, "seq": 101, "payload": b"x" * 10},
    "TCP_INVALID_SYN": {"flags": SYN, "seq": 101},
    "TCP_CSUM": {"flags": ACK | PSH, "seq": 101, "payload": b"x" * 10, "sum_is_wrong": True},
    "TCP_ABORT_ON_DATA": {"flags": ACK | PSH, "seq": 101, "payload": b"x" * 10},
}


def test_each_drop_is_on_its_own_packet(bench: Bench) -> None:
    listener = listening(bench.wire)
    sent: dict[str, int] = {}
    with bench.capturing():
        for number, (reason, segment) in enumerate(DROPS.items()):
            client = raw_client(bench.wire, 41000 + number)
            client.connect()
            accepted, _peer = listener.accept()
            client.send(ACK | PSH, payload=b"d" * 100)
            accepted.recv(200)
            if reason == "TCP_ABORT_ON_DATA":
                accepted.close()
            time.sleep(0.01)  # farther apart than what is not told apart
            client.send(**segment)
            bench.wait_for(41000 + number, KernelEventKind.DROP)
            sent[reason] = int.from_bytes(client.sent[-1][18:20], "big")
            accepted.close()
            client.link.close()
        client = raw_client(bench.wire, 41100, PORT + 1)
        client.send(SYN, seq=0)
        bench.wait_for(41100, KernelEventKind.DROP)
        client.link.close()
    listener.close()
    session, word = bench.session()
    store = session.store
    found = {reason: rows for (kind, reason), rows in said(session, word).items() if kind == "drop"}

    assert set(DROPS) - set(found) == set()
    for reason, number in sent.items():
        (row,) = found[reason]
        assert (reason, int(store.ip_id[row])) == (reason, number)
        assert int(store.from_b[row]) == int(session.flows.endpoints(int(store.flow[row]))[1].host == "10.77.0.50")
    (refused,) = found["NO_SOCKET"]
    assert store.flags[refused] & 0x3F == SYN
    session.close()


def test_event_of_another_namespace_with_the_same_addresses_is_not_tied(bench: Bench) -> None:
    other = type(bench.wire)()
    other.left, other.right = f"{other.left}-2", f"{other.right}-2"
    for namespace in (other.left, other.right):
        subprocess.run(["ip", "netns", "add", namespace], check=True)
    try:
        other.join()
        with bench.capturing():
            for wire in (bench.wire, other):
                listener, client = listening(wire), raw_client(wire, 41200)
                client.connect()
                accepted, _peer = listener.accept()
                client.send(ACK | PSH, payload=b"d" * 100)
                accepted.recv(200)
                if wire is other:
                    client.send(ACK | PSH, payload=b"d" * 100)
                    bench.wait_for(41200, KernelEventKind.DROP)
                client.link.close()
                accepted.close()
                listener.close()
    finally:
        for namespace in (other.left, other.right):
            subprocess.run(["ip", "netns", "del", namespace], check=False)
    session, word = bench.session()
    summary = word.summary(session)

    assert summary is not None
    assert not [kind for kind, _reason in said(session, word) if kind == "drop"]
    session.close()


@pytest.mark.skipif(shutil.which("nft") is None, reason="needs nft")
def test_kernel_and_packets_agree_on_why_segments_were_sent_again(bench: Bench) -> None:
    chance = "tcp dport 5401 numgen random mod 100 < 4 drop"
    rule = f"table ip t {{ chain i {{ type filter hook input priority 0; {chance}; }}\n}}\n"
    words = ["ip", "netns", "exec", bench.wire.right, "nft", "-f", "-"]
    subprocess.run(words, input=rule, text=True, check=True, timeout=DEADLINE_S)
    listener = listening(bench.wire)

    def swallow() -> None:
        for _ in range(12):
            taken, _peer = listener.accept()
            with taken:
                while taken.recv(1 << 16):
                    pass

    reader = threading.Thread(target=swallow, daemon=True)
    reader.start()
    with bench.capturing():
        for _ in range(12):
            with bench.wire.inside(bench.wire.left):
                sender = socket.socket()
            sender.settimeout(DEADLINE_S)
            sender.connect((FAR, PORT))
            sender.sendall(bytes(60_000))
            sender.shutdown(socket.SHUT_WR)
            sender.recv(1)  # until all of it has come
            sender.close()
        reader.join(DEADLINE_S)
    listener.close()
    session, word = bench.session()
    summary = word.summary(session)

    assert summary is not None
    counted = summary.agreement
    assert counted.agree > 0
    assert counted.agree >= 9 * counted.differ
    again = [row for (kind, _reason), rows in said(session, word).items() if kind == "retransmit" for row in rows]
    assert len(again) == len(set(again)), "one event a packet"
    session.close()

"""One capture under a load by tcpdump or by tcptui, and what became of the packets; used by capture_rate.py."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import mmap
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import offered_load

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from drawn_screen import DrawnScreen

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS, ROWS = 160, 40
NETWORK_NAMESPACE: Final = 0x4000_0000
#: Keys pressed over and over while packets come: lists, tabs, ends, problems, follow.
KEYS: Final = (b"\x1b[B", b"\x1b[B", b"\r", b"\x1b[B", b"\x1b[6~", b"n", b"1", b"G", b"\x1b[A", b"g", b"f")
KEY_SECONDS: Final = 0.15
#: How long the analysis may take to catch up before it is said that it did not.
CATCH_UP_SECONDS: Final = 20.0
#: tcpdump lets the kernel hold a block back for a second, and leaves it unread when it is interrupted.
TCPDUMP_SECONDS: Final = 1.3
_COUNT: Final = re.compile(r"([\d,]+) packets?\b")
_BEHIND: Final = re.compile(r"([\d.]+) s behind")
_SUMMARY: Final = re.compile(r"([\d,]+) packets captured, ([\d,]+) dropped")


@dataclass(frozen=True)
class Load:
    """What is offered."""

    rate: int
    frame_bytes: int
    seconds: float


@dataclass
class Outcome:
    """What one run came to; counts are packets."""

    program: str
    offered: int = 0
    rate: float = 0.0
    """Packets a second that were offered in fact."""
    kept: int = 0
    """Records in the file, or packets that the program says it has."""
    kernel_dropped: int = 0
    """As the program says itself."""
    lag_seconds: float = 0.0
    """The longest that stood on the screen."""
    catch_up_seconds: float = 0.0
    """From the last packet until all were analysed."""
    memory_mb: float = 0.0
    """Peak of the program and its children, without the kernel's ring."""
    processor_s: float = 0.0
    """Of the process that captures."""
    samples: list[dict[str, float]] = field(default_factory=list)

    @property
    def lost_percent(self) -> float:
        """Of what was offered."""
        return 100 * (self.offered - self.kept) / self.offered if self.offered else 0.0


class Wire:
    """Two namespaces joined by a veth pair, ``left`` and ``right``; gone after the with statement."""

    def __init__(self) -> None:
        self.left, self.right = (f"rate-{os.getpid()}-{side}" for side in ("left", "right"))

    def __enter__(self) -> Wire:
        for name in (self.left, self.right):
            _run("ip", "netns", "add", name)
            _run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
        peer = ("type", "veth", "peer", "name", "right", "netns", self.right)
        _run("ip", "link", "add", "left", "netns", self.left, *peer)
        for namespace, name in ((self.left, "left"), (self.right, "right")):
            _run("ip", "-n", namespace, "link", "set", name, "up")
        _run("ip", "netns", "exec", self.left, "ethtool", "-K", "left", "tso", "off", "tx", "off")
        return self

    def __exit__(self, *_: object) -> None:
        for name in (self.left, self.right):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True, timeout=20)

    @property
    def inside(self) -> list[str]:
        """Words that run a command at the receiving end."""
        return ["ip", "netns", "exec", self.right]

    def offer(self, load: Load) -> Sender:
        """Begin to send."""
        return Sender(self.left, load)


class Sender:
    """A process that sends a load from a namespace."""

    def __init__(self, namespace: str, load: Load) -> None:
        answers, answer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
                if ctypes.CDLL(None).setns(there, NETWORK_NAMESPACE) == 0:
                    sent = offered_load.send("left", load.rate, load.seconds, load.frame_bytes)
                    os.write(answer, json.dumps(sent).encode())
                    code = 0
            finally:
                os._exit(code)
        os.close(answer)
        self._answers = answers

    def is_over(self) -> bool:
        """Whether all is sent."""
        return bool(select.select([self._answers], [], [], 0)[0])

    def result(self) -> tuple[int, float]:
        """Packets offered and the seconds that took; waits."""
        with os.fdopen(self._answers, "rb") as answers:
            told = answers.read()
        os.waitpid(self.pid, 0)
        if not told:
            raise SystemExit("the sender failed")
        offered, seconds = json.loads(told)
        return offered, seconds


def by_tcpdump(wire: Wire, load: Load, path: Path, buffer_kib: int, snaplen: int) -> Outcome:
    """``tcpdump -w``."""
    command = [*wire.inside, "tcpdump", "-n", "-i", "right", "-Z", "root", "-w", str(path)]
    command += ["-B", str(buffer_kib), "-s", str(snaplen)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    process.stderr.readline()
    sender = wire.offer(load)
    while not sender.is_over():
        time.sleep(0.05)
    offered, seconds = sender.result()
    time.sleep(TCPDUMP_SECONDS)
    memory = peak_mb(process.pid)
    process.send_signal(signal.SIGINT)
    told = process.stderr.read()
    _pid, _status, used = os.wait4(process.pid, 0)
    process.returncode = 0
    dropped = re.search(r"(\d+) packets dropped by kernel", told)
    return Outcome(
        "tcpdump",
        offered,
        offered / seconds,
        count_records(path),
        int(dropped.group(1)) if dropped else -1,
        memory_mb=memory,
        processor_s=used.ru_utime + used.ru_stime,
    )


def by_tcptui(
    wire: Wire, load: Load, path: Path | None, buffer_kib: int | None, snaplen: int, sample_seconds: float = 0.0
) -> Outcome:
    """The real program with its screen on, its output read and keys pressed; ``-w`` where there is a path.

    With ``sample_seconds`` lag and memory are noted, and printed, that often.
    """
    words = ["-i", "right", "-s", str(snaplen), *(["-B", str(buffer_kib)] if buffer_kib else [])]
    words += ["-w", str(path)] if path is not None else []
    with _OnTerminal([*wire.inside, sys.executable, "-m", "tcptui", *words]) as program:
        program.until_drawn("right")
        program.look(0.5)
        child = _children(program.pid)[0]
        before = processor_s(child)
        sender, pressed, next_sample = wire.offer(load), 0, time.monotonic() + sample_seconds
        outcome = Outcome("tcptui -w" if path is not None else "tcptui")
        while not sender.is_over():
            program.press(KEYS[pressed % len(KEYS)])
            pressed += 1
            program.look(KEY_SECONDS)
            if sample_seconds and time.monotonic() >= next_sample:
                next_sample += sample_seconds
                outcome.samples.append(program.sample())
                print("   ", json.dumps(outcome.samples[-1]), flush=True)
        outcome.offered, seconds = sender.result()
        outcome.rate = outcome.offered / seconds
        outcome.catch_up_seconds = program.until_analysed(child, outcome.offered)
        outcome.processor_s = processor_s(child) - before
        outcome.memory_mb = peak_mb(program.pid)
        told = program.leave()
        outcome.lag_seconds = program.longest_lag
    summary = _SUMMARY.search(told)
    if summary is None:
        raise SystemExit(f"tcptui did not tell its counts: {told[-500:]!r}")
    kept, outcome.kernel_dropped = (int(number.replace(",", "")) for number in summary.groups())
    outcome.kept = kept if path is None else count_records(path)
    return outcome


class _OnTerminal:
    """A program in a pseudo-terminal; what it draws is kept, and looked at when there is time."""

    def __init__(self, command: list[str]) -> None:
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LANG="C.UTF-8", COLORTERM="truecolor")
            os.environ.pop("SSH_CONNECTION", None)
            os.execvp(command[0], command)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._screen = DrawnScreen(COLUMNS, ROWS)
        self._unseen: list[bytes] = []
        self.longest_lag = 0.0
        self._is_over = False

    def __enter__(self) -> _OnTerminal:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._terminal)

    def look(self, seconds: float) -> None:
        """Read what is drawn for so long."""
        deadline = time.monotonic() + seconds
        while not self._is_over and (left := deadline - time.monotonic()) > 0:
            if not select.select([self._terminal], [], [], left)[0]:
                return
            try:
                self._unseen.append(os.read(self._terminal, 1 << 16))
            except OSError:  # Linux: EIO once the program is gone
                self._is_over = True

    def press(self, key: bytes) -> None:
        """Press a key."""
        with contextlib.suppress(OSError):
            os.write(self._terminal, key)

    def top_line(self) -> str:
        """The status bar as it stands; the longest lag on the way is noted."""
        for block in self._unseen:
            self._screen.feed(block)
            found = _BEHIND.search(self._screen.lines[0])
            self.longest_lag = max(self.longest_lag, float(found.group(1)) if found else 0.0)
        self._unseen.clear()
        return self._screen.lines[0]

    def until_drawn(self, text: str, limit_s: float = 20.0) -> None:
        """Wait for ``text`` in the status bar."""
        deadline = time.monotonic() + limit_s
        while text not in self.top_line():
            if time.monotonic() > deadline or self._is_over:
                raise SystemExit(f"{text!r} was not drawn: {self._screen.lines}")
            self.look(0.05)

    def until_analysed(self, child: int, offered: int) -> float:
        """Wait until all ``offered`` packets, or all that ever come, are counted; seconds until then."""
        began = last = time.monotonic()
        shown, spent, calm = "", processor_s(self.pid) + processor_s(child), 0
        while calm < 12 and shown != f"{offered:,}" and time.monotonic() - began < CATCH_UP_SECONDS:
            self.look(0.25)
            found = _COUNT.search(self.top_line())
            now, then = (found.group(1) if found else ""), spent
            spent = processor_s(self.pid) + processor_s(child)
            if now != shown or "behind" in self._screen.lines[0] or spent - then > 0.2:
                last, shown, calm = time.monotonic(), now, 0
            else:
                calm += 1
        return last - began

    def sample(self) -> dict[str, float]:
        """What the status bar says now, and the memory."""
        line = self.top_line()
        packets, behind = _COUNT.search(line), _BEHIND.search(line)
        return {
            "packets": int(packets.group(1).replace(",", "")) if packets else 0,
            "behind_s": float(behind.group(1)) if behind else 0.0,
            "memory_mb": round(resident_mb(self.pid), 1),
        }

    def leave(self) -> str:
        """Quit; what was said last."""
        self.top_line()
        for _ in range(3):
            self.press(b"q")
            deadline = time.monotonic() + 2
            while not self._is_over and time.monotonic() < deadline:
                self.look(0.1)
            if self._is_over:
                break
        return b"".join(self._unseen).decode("utf-8", "replace")


def count_records(path: Path) -> int:
    """Records of a pcap file, one by one; they must end where the file does."""
    count, at, size = 0, 24, path.stat().st_size
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as octets:
        lengths = struct.Struct("=I").unpack_from
        while at < size:
            at += 16 + lengths(octets, at + 8)[0]
            count += 1
    if at != size:
        raise SystemExit(f"{path}: the last record is cut")
    return count


def processor_s(pid: int) -> float:
    """Processor time used so far by ``pid``, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _processes(pid: int) -> Iterator[int]:
    yield pid
    for child in _children(pid):
        yield from _processes(child)


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def peak_mb(pid: int) -> float:
    """Most memory that ``pid`` and its children ever had, files and shared memory (the kernel's ring) apart."""
    return sum(_status_mb(each, "VmHWM") - _status_mb(each, "RssShmem") - _status_mb(each, "RssFile") for each in
               _processes(pid))  # fmt: skip


def resident_mb(pid: int) -> float:
    """Memory of their own that ``pid`` and its children have now."""
    return sum(_status_mb(each, "RssAnon") for each in _processes(pid))


def _status_mb(pid: int, name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found.group(1)) / 1024 if found else 0.0


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, timeout=20)

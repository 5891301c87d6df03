"""Runs of the program that capture, each met by one fault at a random moment; what it reported must be kept."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from live_link import INTERFACE, Link
from pty_run import PROGRAM, PtyRun, environment

from tests.campaigns.faults.numbered import FILE_HEADER, held_in, record

if TYPE_CHECKING:
    import random

#: Frames sent in a run, if the fault does not end it before.
FRAMES: Final = 8_000
#: A fault comes after at least so many, at most so many frames.
_EARLIEST: Final = 200
_LATEST: Final = 6_000
#: How long the end of a program and of its processes is waited for, in seconds; machines may be slow.
PATIENCE_S: Final = 600.0
_LOOK_S: Final = 0.05
#: Variable that every process of a run has in its environment, by which orphans are found.
_MARK: Final = "TCPTUI_FAULT_RUN"
_COUNTED: Final = re.compile(r"(\d[\d,.\u202f ]*\d|\d) packets?\b")
_LEFT: Final = b"\x1b[?1049l"
_OLD: Final = b"the old file, which somebody needs"
#: Bytes of a small disk, and of the longest file where the kernel limits that.
_SMALL_DISK: Final = "1m"
_LONGEST_FILE: Final = 600_000


class Mode(Enum):
    """How the program captures: where from, whether with a screen, what it writes."""

    SCREEN = "screen"
    SCREEN_FILE = "screen -w"
    LINES = "lines"
    LINES_FILE = "lines -w"
    LINES_RING = "lines -w -C"
    STREAM = "-w -"
    PIPE_SCREEN = "pipe, screen"
    PIPE_LINES = "pipe, lines"
    PIPE_FILE = "pipe, lines -w"

    @property
    def has_screen(self) -> bool:
        """Whether there is a terminal."""
        return self in {Mode.SCREEN, Mode.SCREEN_FILE, Mode.PIPE_SCREEN}

    @property
    def is_live(self) -> bool:
        """Whether an interface is captured, by a process of its own."""
        return not self.name.startswith("PIPE")

    @property
    def output(self) -> tuple[str, ...]:
        """The options that name a file, which is ``out.pcap``."""
        if self is Mode.LINES_RING:
            return ("-w", "out.pcap", "-C", "1", "-W", "100")
        if self in {Mode.SCREEN_FILE, Mode.LINES_FILE, Mode.PIPE_FILE}:
            return ("-w", "out.pcap")
        return ("-w", "-") if self is Mode.STREAM else ()


class Fault(Enum):
    """What happens."""

    TERM = "SIGTERM"
    HUP = "SIGHUP"
    INT = "SIGINT"
    KILL = "SIGKILL"
    CHILD_KILLED = "capture process killed"
    CHILD_STOPPED = "capture process stopped, then SIGTERM"
    DISK_FULL = "disk of temporary files full"
    OUTPUT_FULL = "disk of -w full"
    FILE_SIZE = "RLIMIT_FSIZE"
    READER_GONE = "reader of standard output gone"
    REFUSED = "wrong filter"


_SIGNALS: Final = {
    Fault.TERM: signal.SIGTERM, Fault.HUP: signal.SIGHUP, Fault.INT: signal.SIGINT, Fault.KILL: signal.SIGKILL,
    Fault.CHILD_STOPPED: signal.SIGTERM,
}  # fmt: skip


def fits(mode: Mode, fault: Fault) -> bool:
    """Whether ``fault`` can happen to ``mode``."""
    match fault:
        case Fault.CHILD_KILLED | Fault.CHILD_STOPPED:
            return mode.is_live
        case Fault.OUTPUT_FULL:
            return mode.output[:2] == ("-w", "out.pcap")
        case Fault.READER_GONE:
            return not mode.has_screen
        case Fault.INT:
            return not mode.has_screen  # a key there
    return True


@dataclass(slots=True)
class Outcome:
    """What came of one run."""

    mode: str
    fault: str
    reported: int
    """Packets that the user was told of, on the screen or on standard error, at most."""
    kept: int
    """Packets in files, in what can be recovered, and in what a reader of standard output has, together."""
    status: int
    wrong: list[str] = field(default_factory=list)
    last: str = ""
    """The end of what was reported, for whoever looks into it."""


class _Output:
    """Reads a pipe in a thread, so that nobody waits for its reader."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self.data = bytearray()
        self._pipe = pipe
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while piece := os.read(self._pipe.fileno(), 1 << 16):
                self.data += piece

    def whole(self) -> bytes:
        """All of it, once its writers have closed it."""
        self._thread.join(PATIENCE_S)
        return bytes(self.data)


class _Program:
    """One run of the program, with or without a terminal."""

    def __init__(self, mode: Mode, words: Sequence[str], environ: dict[bytes, bytes], folder: Path) -> None:
        """``words``: the whole command."""
        self.screen: PtyRun | None = None
        self._pipes: list[_Output] = []
        self.feed: IO[bytes] | None = None
        if mode.has_screen:
            if not mode.is_live:
                fifo = folder / "fifo"
                os.mkfifo(fifo)
                words = ["sh", "-c", 'exec "$@" <fifo', "sh", *words]
            self.screen = PtyRun((), environ, program=words, folder=folder)
            self.pid = self.screen.pid
            if not mode.is_live:
                self.feed = _opened_for_writing(folder / "fifo")
            return
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ, cwd=folder,
            start_new_session=True,
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self.pid = self._process.pid
        self.feed = None if mode.is_live else self._process.stdin
        self._pipes = [_Output(self._process.stdout), _Output(self._process.stderr)]

    def look(self) -> None:
        """Read what was drawn meanwhile."""
        if self.screen is not None:
            self.screen.take_drawn()

    def close_reader(self) -> None:
        """Close standard output's other end."""
        assert self._process.stdout is not None
        self._process.stdout.close()

    def has_ended(self) -> bool:
        """Whether the program has ended."""
        return (self.screen.poll() if self.screen is not None else self._process.poll()) is not None

    def status(self) -> int:
        """The exit status of the program, which has ended."""
        found = self.screen.poll() if self.screen is not None else self._process.poll()
        assert found is not None
        return found

    def close(self) -> None:
        """End it, whatever it does."""
        if self.feed is not None:
            with contextlib.suppress(OSError):
                self.feed.close()
        if self.screen is not None:
            self.screen.__exit__(None, None, None)
            return
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    @property
    def text(self) -> str:
        """What the user can read: the screen as it stands, and what was written behind it; or standard error."""
        if self.screen is None:
            return self._pipes[1].whole().decode("utf-8", "replace")
        behind = bytes(self.screen.drawn).rpartition(_LEFT)[2] if _LEFT in self.screen.drawn else b""
        return "\n".join([*self.screen.lines, behind.decode("utf-8", "replace")])

    @property
    def written(self) -> bytes:
        """What came out of standard output."""
        return b"" if self.screen is not None else self._pipes[0].whole()


def _opened_for_writing(fifo: Path) -> IO[bytes]:
    """The FIFO, once the program reads it."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return os.fdopen(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK), "wb", 0)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(_LOOK_S)


def reported_packets(text: str) -> int:
    """The largest number of packets that ``text`` tells of; numbers on the screen only grow."""
    return max((int(re.sub(r"\D", "", found)) for found in _COUNTED.findall(text)), default=0)


def processes(mark: str) -> dict[int, str]:
    """Processes of the run ``mark``, number → command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if f"{_MARK}={mark}\0".encode() in (entry / "environ").read_bytes() + b"\0":
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                    found[int(entry.name)] = line.decode("utf-8", "replace")
    return found


def _captures(child: int) -> bool:
    """Whether a packet socket is open where ``child`` is: the first line is the table's head (packet(7))."""
    with contextlib.suppress(OSError):
        return len((Path("/proc") / str(child) / "net" / "packet").read_text().splitlines()) > 1
    return False


def _capture_process(mark: str) -> int | None:
    return next((pid for pid, line in processes(mark).items() if "capture.child.main" in line), None)


@contextlib.contextmanager
def _disk(folder: Path, size: str) -> Iterator[None]:
    """A small file system at ``folder``."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=1777", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Bench:
    """What the runs share: a wire, and a folder."""

    def __init__(self, link: Link, folder: Path) -> None:
        self._link = link
        self._folder = folder
        self._runs = 0

    def run(self, mode: Mode, fault: Fault, chance: random.Random) -> Outcome:
        """One run of ``mode`` that ``fault`` meets."""
        self._runs += 1
        mark = f"{os.getpid()}-{self._runs}"
        folder, spools = self._folder / mark, self._folder / f"{mark}-tmp"
        with ExitStack() as stack:
            for place, full in ((folder, fault is Fault.OUTPUT_FULL), (spools, fault is Fault.DISK_FULL)):
                place.mkdir()
                stack.callback(shutil.rmtree, place, ignore_errors=True)
                if full:
                    stack.enter_context(_disk(place, _SMALL_DISK))
            return _Run(mode, fault, chance, mark, folder, spools, self._link).outcome(stack)


class _Run:
    def __init__(
        self, mode: Mode, fault: Fault, chance: random.Random, mark: str, folder: Path, spools: Path, link: Link
    ) -> None:
        self._mode, self._fault, self._mark, self._link = mode, fault, mark, link
        self._folder, self._spools = folder, spools
        self._moment = chance.randrange(_EARLIEST, _LATEST)
        self._has_old = mode.output[:2] == ("-w", "out.pcap") and (fault is Fault.REFUSED or chance.random() < 0.5)

    def outcome(self, stack: ExitStack) -> Outcome:
        """Run, have the fault happen, and look at what is left."""
        old = self._folder / "out.pcap"
        if self._has_old:
            old.write_bytes(_OLD)
        program = self._start(stack)
        self._feed(program, stack)
        return self._judged(program)

    def _start(self, stack: ExitStack) -> _Program:
        mode, fault = self._mode, self._fault
        source = ["-i", INTERFACE] if mode.is_live else ["-"]
        screen = [] if mode.has_screen or mode is Mode.STREAM else ["--no-screen"]
        more = ["--overwrite"] if self._has_old else []
        bpf = ["no", "such", "filter"] if fault is Fault.REFUSED else ["tcp"] if mode.is_live else []
        limited = ["prlimit", f"--fsize={_LONGEST_FILE}"] if fault is Fault.FILE_SIZE else []
        inside = self._link.inside if mode.is_live else ()
        if bpf and not mode.is_live:
            source = ["-r", "-"]
        environ = environment(self._spools, **{_MARK: self._mark})
        environ[b"XDG_STATE_HOME"] = os.fsencode(self._spools / "state")
        words = [*inside, *limited, *PROGRAM, "--lang", "en", *screen, *source, *mode.output, *more, *bpf]
        program = _Program(mode, words, environ, self._folder)
        stack.callback(program.close)
        return program

    def _feed(self, program: _Program, stack: ExitStack) -> None:
        """Send frames, and have the fault happen amid them."""
        if self._fault is Fault.REFUSED:
            self._await_end(program)
            return
        if not self._await_begin(program):
            return
        sent = 0
        happened = False
        for sent in self._frames(program, stack):
            program.look()
            if not happened and sent >= self._moment:
                happened = True
                self._happen(program)
            if program.has_ended():
                break
        if not happened:
            self._happen(program)
        if self._fault in {Fault.DISK_FULL, Fault.OUTPUT_FULL, Fault.FILE_SIZE, Fault.CHILD_KILLED, Fault.READER_GONE}:
            self._settle(program)
            if not program.has_ended():
                os.kill(program.pid, signal.SIGTERM)
        self._await_end(program)

    def _await_begin(self, program: _Program) -> bool:
        """Wait until the capture has begun; False where the program ended."""
        if not self._mode.is_live:
            assert program.feed is not None
            with contextlib.suppress(BrokenPipeError):
                program.feed.write(FILE_HEADER)
                program.feed.flush()
            return True
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and not program.has_ended():
            program.look()
            child = _capture_process(self._mark)
            if child is not None and _captures(child):
                return True
            time.sleep(_LOOK_S)
        return False

    def _frames(self, program: _Program, stack: ExitStack) -> Iterator[int]:
        """Send frames; after each handful, how many."""
        if not self._mode.is_live:
            assert program.feed is not None
            try:
                for number in range(FRAMES):
                    program.feed.write(record(number))
                    if number % 50 == 49:
                        program.feed.flush()
                        yield number + 1
                        time.sleep(0.005)
            except OSError:
                pass
            return
        script = Path(__file__).with_name("sender.py")
        words = ["ip", "netns", "exec", self._link.client, sys.executable, str(script), INTERFACE, str(FRAMES)]
        sender = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stack.callback(sender.wait)
        stack.callback(sender.kill)
        assert sender.stdout is not None
        for line in sender.stdout:
            yield int(line)

    def _happen(self, program: _Program) -> None:
        fault = self._fault
        child = _capture_process(self._mark)
        if fault is Fault.CHILD_KILLED and child is not None:
            os.kill(child, signal.SIGKILL)
        if fault is Fault.CHILD_STOPPED and child is not None:
            os.kill(child, signal.SIGSTOP)
        if fault is Fault.READER_GONE:
            program.close_reader()
        number = _SIGNALS.get(fault)
        if number is not None and not program.has_ended():
            os.kill(program.pid, number)

    def _settle(self, program: _Program) -> None:
        """Wait until the number of packets reported on the screen, or the files, change no more."""
        before, same = None, 0
        while same < 20 and not program.has_ended():
            program.look()
            shown = program.screen.lines if program.screen is not None else []
            now = (tuple(shown), sum(path.stat().st_size for path in self._files()))
            same = same + 1 if now == before else 0
            before = now
            time.sleep(_LOOK_S)

    def _await_end(self, program: _Program) -> None:
        end = time.monotonic() + PATIENCE_S
        while not program.has_ended() and time.monotonic() < end:
            program.look()
            time.sleep(_LOOK_S / 5)

    def _files(self) -> list[Path]:
        """All files with packets, or with what is none: those of -w, what a reader took, and spools."""
        found = [path for place in (self._folder, self._spools) for path in place.iterdir() if path.is_file()]
        return [path for path in found if path.read_bytes() != _OLD]

    def _judged(self, program: _Program) -> Outcome:
        mode, fault = self._mode, self._fault
        outcome = Outcome(mode.value, fault.value, 0, 0, 0)
        if not program.has_ended():
            outcome.wrong.append(f"it does not end within {PATIENCE_S:.0f} s")
            return outcome
        program.look()
        outcome.status = program.status()
        left = self._orphans()
        if left:
            outcome.wrong.append(f"left behind: {[line[:100] for line in left.values()]}")
        written = self._folder / "written.pcap"
        if mode is Mode.STREAM:
            written.write_bytes(program.written)
        held = held_in([path for path in self._files() if path.stat().st_size])
        text = program.text
        outcome.reported, outcome.kept, outcome.last = reported_packets(text), len(held.numbers), text[-600:]
        gone = mode is Mode.STREAM and fault in {Fault.READER_GONE, Fault.KILL}
        if outcome.reported > outcome.kept and not gone:
            outcome.wrong.append(f"{outcome.reported} packets were reported, {outcome.kept} are kept")
        # Into a pipe nothing is written twice: its writer was killed, or its reader left, amid a record.
        was_cut = mode is Mode.STREAM and fault in {Fault.CHILD_KILLED, Fault.READER_GONE}
        if held.torn and fault is not Fault.KILL and not was_cut:
            outcome.wrong.append(f"torn: {held.torn}")
        old = self._folder / "out.pcap"
        if self._has_old and old.read_bytes() == b"":
            outcome.wrong.append("the old file is empty")
        if fault is Fault.REFUSED:
            if self._has_old and old.read_bytes() != _OLD:
                outcome.wrong.append("the old file is gone")
            if outcome.status not in {1, 2}:
                outcome.wrong.append(f"status {outcome.status}")
        if program.screen is not None and fault is not Fault.KILL and not program.screen.is_as_before():
            outcome.wrong.append("the terminal is not as before")
        if "Traceback" in text:
            outcome.wrong.append("a traceback")
        return outcome

    def _orphans(self) -> dict[int, str]:
        end = time.monotonic() + PATIENCE_S
        while (left := processes(self._mark)) and time.monotonic() < end:
            time.sleep(_LOOK_S)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return left

"""Commands over a file, with too little memory, on full disks, of files that are cut: the whole answer, or none."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import struct
import subprocess
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pty_run import PROGRAM, environment

from tests.campaigns.faults.capturing import Outcome, processes

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping, Sequence

#: Where control groups of memory are (cgroups v1, then v2).
_GROUPS: Final = (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup"))
_PATIENCE_S: Final = 900.0
_LOOK_S: Final = 0.05
_OLD: Final = b"the old file, which somebody needs"
#: Commands by name; FILE, OUT stand for the capture and for a file that is there already.
COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "report": ("report", "FILE"),
    "report json": ("report", "FILE", "--json"),
    "verdicts": ("verdicts", "FILE", "--jsonl"),
    "packets count": ("packets", "FILE", "--count"),
    "packets filter": ("packets", "FILE", "--count", "-Y", "tcp.analysis.retransmission"),
    "packets fields": ("packets", "FILE", "-e", "frame.number", "-e", "tcp.seq"),
    "requests": ("requests", "FILE", "--jsonl"),
    "assert": ("assert", "FILE", "count tcp.analysis.retransmission < 1"),
    "follow": ("follow", "FILE", "--stream", "3"),
    "explain": ("explain", "FILE", "--stream", "3", "--json"),
    "graph": ("graph", "FILE", "--stream", "3", "--csv"),
    "slice": ("slice", "FILE", "--stream", "3", "-w", "OUT", "--overwrite"),
    "page": ("report", "FILE", "--html", "OUT", "--overwrite"),
    "lines": ("--no-screen", "FILE"),
}


class Fault(Enum):
    """What happens to a command."""

    MEMORY_150 = "memory 150 MB"
    MEMORY_300 = "memory 300 MB"
    MEMORY_420 = "memory 420 MB"
    CUT = "file cut amid"
    CUT_MEANWHILE = "file cut while it is read"
    WORKER_KILLED = "a worker killed"
    TERM = "SIGTERM"
    OUTPUT_FULL = "full disk of results"


_MEMORY: Final = {Fault.MEMORY_150: 150, Fault.MEMORY_300: 300, Fault.MEMORY_420: 420}


def fits(command: str, fault: Fault) -> bool:
    """Whether ``fault`` can happen to ``command``."""
    return fault is not Fault.OUTPUT_FULL or "OUT" in COMMANDS[command]


@contextlib.contextmanager
def memory_group(megabytes: int, name: str) -> Iterator[Path]:
    """A control group that may have so much memory, page cache included, and no swap."""
    is_v1 = (_GROUPS[0] / "memory.limit_in_bytes").exists()
    group = _GROUPS[0 if is_v1 else 1] / name
    group.mkdir()
    try:
        (group / ("memory.limit_in_bytes" if is_v1 else "memory.max")).write_text(str(megabytes << 20))
        yield group
    finally:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                group.rmdir()
                break
            except OSError:
                time.sleep(_LOOK_S)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command gave."""

    status: int
    out: bytes
    err: bytes
    file: bytes | None
    """What OUT holds."""


def compose(path: Path, octets: int) -> None:
    """A capture of about ``octets`` bytes at ``path``: connections that ask, are answered, and lose a segment each."""
    head = bytes.fromhex("020000000063 020000000001 0800")
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
        number, clock = 0, 1_700_000_000_000_000
        while file.tell() < octets:
            port, client = 1024 + number % 60_000, 0x0A000001 + number // 60_000
            number += 1
            ask = b"GET /%d HTTP/1.1\r\nHost: a.example\r\n\r\n" % number
            body = b"HTTP/1.1 200 OK\r\nContent-Length: 4200\r\n\r\n" + b"b" * 4200
            parts = [body[at : at + 1400] for at in range(0, len(body), 1400)]
            told: list[tuple[int, int, int, int, bytes]] = [
                (0, 2, 1000, 0, b""), (1, 0x12, 9000, 1001, b""), (0, 0x10, 1001, 9001, b""),
                (0, 0x18, 1001, 9001, ask),
            ]  # fmt: skip
            at = 9001
            for part in parts:
                told.append((1, 0x18, at, 1001 + len(ask), part))
                at += len(part)
            told += [told[5], (0, 0x11, 1001 + len(ask), at, b""), (1, 0x11, at, 1002 + len(ask), b"")]
            for side, flags, seq, ack, payload in told:
                clock += 2_000
                ends = (client, 0x0A4F0063) if side == 0 else (0x0A4F0063, client)
                ports = (port, 80) if side == 0 else (80, port)
                size = 40 + len(payload)
                ip = struct.pack(">BBHHHBBHII", 0x45, 0, size, 0, 0x4000, 64, 6, 0, *ends)
                tcp = struct.pack(">HHIIBBHHH", *ports, seq, ack, 0x50, flags, 64_240, 0, 0)
                data = head + ip + tcp + payload
                file.write(struct.pack("<IIII", clock // 1_000_000, clock % 1_000_000, len(data), len(data)) + data)


class Bench:
    """Runs commands over one capture, with and without faults."""

    def __init__(self, capture: Path, folder: Path) -> None:
        self._capture = capture
        self._folder = folder
        self._whole: dict[str, Answer] = {}
        self._runs = 0

    def run(self, command: str, fault: Fault, chance: random.Random) -> Outcome:
        """One run of ``command`` that ``fault`` meets, held against one without a fault."""
        if command not in self._whole:
            self._whole[command] = self._run(command, None, chance)
        whole, found = self._whole[command], self._run(command, fault, chance)
        outcome = Outcome(command, fault.value, len(whole.out), len(found.out), found.status)
        outcome.last = found.err.decode("utf-8", "replace")[-300:]
        outcome.wrong = _wrong(command, fault, whole, found)
        return outcome

    def _run(self, command: str, fault: Fault | None, chance: random.Random) -> Answer:
        self._runs += 1
        mark = f"read-{os.getpid()}-{self._runs}"
        folder = self._folder / mark
        folder.mkdir()
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            if fault is Fault.OUTPUT_FULL:
                subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)], check=True)
                stack.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=True)
            capture, out = self._capture, folder / "out"
            if fault in {Fault.CUT, Fault.CUT_MEANWHILE}:
                capture = folder / self._capture.name  # results name the capture
                shutil.copyfile(self._capture, capture)
                if fault is Fault.CUT:
                    os.truncate(capture, chance.randrange(1000, self._capture.stat().st_size))
            out.write_bytes(_OLD)
            places = {"FILE": str(capture), "OUT": str(out)}
            words = [*PROGRAM, "--lang", "en", *(places.get(word, word) for word in COMMANDS[command])]
            group = stack.enter_context(memory_group(_MEMORY[fault], mark)) if fault in _MEMORY else None
            environ = environment(self._folder, TCPTUI_FAULT_RUN=mark)
            return self._answer(words, environ, group, fault, capture, chance, mark, out)

    def _answer(
        self, words: Sequence[str], environ: Mapping[bytes, bytes], group: Path | None, fault: Fault | None,
        capture: Path, chance: random.Random, mark: str, out: Path,
    ) -> Answer:  # fmt: skip
        def enter() -> None:
            if group is not None:
                (group / "cgroup.procs").write_text("0")

        with (self._folder / "stdout").open("w+b") as results, (self._folder / "stderr").open("w+b") as messages:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=results, stderr=messages, env=environ, preexec_fn=enter,
                start_new_session=True,
            )  # fmt: skip
            try:
                self._happen(process, fault, capture, chance, mark)
                process.wait(_PATIENCE_S)
            finally:
                for pid in processes(mark):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                process.wait()
            for file in (results, messages):
                file.seek(0)
            return Answer(process.returncode, _named(results.read(), capture), messages.read(), out.read_bytes())

    def _happen(
        self, process: subprocess.Popen[bytes], fault: Fault | None, capture: Path, chance: random.Random, mark: str
    ) -> None:
        """Have the fault happen at a random moment of the processor time that a run takes."""
        if fault not in {Fault.CUT_MEANWHILE, Fault.WORKER_KILLED, Fault.TERM}:
            return
        moment = chance.uniform(0.3, 4.0)
        while process.poll() is None and _processor_s(process.pid) < moment:
            time.sleep(_LOOK_S)
        if fault is Fault.TERM and process.poll() is None:
            process.terminate()
        elif fault is Fault.CUT_MEANWHILE:
            os.truncate(capture, chance.randrange(1000, capture.stat().st_size))
        elif fault is Fault.WORKER_KILLED:
            workers = [pid for pid in processes(mark) if pid != process.pid]
            if workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(workers), signal.SIGKILL)


def _named(data: bytes, capture: Path) -> bytes:
    """``data`` with one name for the capture, whose copies are elsewhere."""
    return data.replace(os.fsencode(capture), b"FILE")


def _processor_s(pid: int) -> float:
    """Processor time that the process has had, in seconds; infinite once it has gone."""
    try:
        fields = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("inf")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wrong(command: str, fault: Fault, whole: Answer, found: Answer) -> list[str]:
    """What must not be."""
    wrong = []
    same = found.out == whole.out and found.status == whole.status
    if found.status < 0 and fault is not Fault.TERM:
        wrong.append(f"killed by signal {-found.status}")
    if b"Traceback" in found.err:
        wrong.append("a traceback")
    if fault in _MEMORY or fault is Fault.WORKER_KILLED:
        # The whole answer, or a status that says that there is none.
        failed = found.status in ({3} if command == "assert" else {1})
        if not same and not failed:
            wrong.append(f"another answer, status {found.status}")
        if failed and whole.status != found.status and not found.err.strip():
            wrong.append("not a word")
    if fault in {Fault.CUT, Fault.CUT_MEANWHILE} and not same and found.status in {0, 2}:
        wrong.append(f"answered of half a file, status {found.status}")
    # What there is of a file that had been cut before is a result, too.
    is_result = found.file in {_OLD, whole.file} or (fault is Fault.CUT and is_whole(found.file or b""))
    if "OUT" in COMMANDS[command] and not is_result and found.status != 0:
        wrong.append("the old file is neither there nor replaced by a whole one")
    return wrong


def is_whole(data: bytes) -> bool:
    """Whether ``data`` is a page with its end, or a pcapng file that ends with a block."""
    if data.startswith(b"<!"):
        return data.rstrip().endswith(b"</html>")
    at = 0
    while at + 12 <= len(data):
        (length,) = struct.unpack_from("<I", data, at + 4)
        at += max(12, length)
    return at == len(data) > 0

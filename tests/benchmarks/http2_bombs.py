"""What a few bytes of HTTP/2 can make of every command: time, memory and output, for captures that stand for much more.

    python tests/benchmarks/http2_bombs.py [--streams 100000] [--only SHAPES] [--commands NAMES] [--directory DIR]

Writes, where they are not there yet, captures of one connection with ``--streams`` requests each:

- ``lists``: each request has 60 fields of 1 KiB, each an index of one byte; so has each answer;
- ``paths``: the path of each request is 4,000 bytes, and an index of one byte;
- ``small``: each request has 500 short fields of one byte each;
- ``never``: each stream is asked for and taken back by RST_STREAM;
- ``resets``: RST_STREAM frames alone, each of another stream (ten times as many).

For each command: seconds of wall, most memory of any process in MiB, MiB of what it wrote.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from http2_speed import Ends
from make_capture import write_capture

if TYPE_CHECKING:
    from collections.abc import Callable

_HEADERS, _RST_STREAM, _SETTINGS = 1, 3, 4
_WHOLE = 5  # END_STREAM, END_HEADERS
_TOGETHER: Final = 100
_NEWEST: Final = b"\xbe"
_GET: Final = b"\x82\x84\x86"
_NO_PATH: Final = b"\x82\x86"
_OK: Final = b"\x88"
#: Most of a command's time and memory, beyond which it is ended.
_SECONDS: Final = 600
_MEMORY: Final = 12 << 30

Frames = list[bytes]


def _literal(name: bytes, value: bytes) -> bytes:
    """A field that enters the table."""
    return b"\x40" + _string(name) + _string(value)


def _string(text: bytes) -> bytes:
    length = len(text)
    if length < 127:
        return bytes((length,)) + text
    rest, told = length - 127, b"\x7f"
    while rest >= 128:
        told, rest = told + bytes((rest & 127 | 128,)), rest >> 7
    return told + bytes((rest,)) + text


def _asked_and_answered(
    fields: bytes, answers: bytes, learnt: bytes, count: int, first: bytes = _GET
) -> Callable[[Ends], None]:
    """Each request is ``first`` and ``fields``, each answer ``answers``; the first ones are ``learnt``."""

    def play(ends: Ends) -> None:
        for number in range(count):
            stream = 2 * number + 1
            ends.frame(_HEADERS, _WHOLE, stream, first + (fields if number else learnt))
            if number % _TOGETHER == _TOGETHER - 1 or number == count - 1:
                ends.send(0)
                for other in range(number - number % _TOGETHER, number + 1):
                    ends.frame(_HEADERS, _WHOLE, 2 * other + 1, _OK + (answers if other else learnt))
                ends.send(1)

    return play


def _never(count: int) -> Callable[[Ends], None]:
    def play(ends: Ends) -> None:
        for number in range(count):
            ends.frame(_HEADERS, _WHOLE, 2 * number + 1, _GET)
            ends.frame(_RST_STREAM, 0, 2 * number + 1, b"\0\0\0\x08")
            if number % _TOGETHER == _TOGETHER - 1 or number == count - 1:
                ends.send(0)

    return play


def _resets(count: int) -> Callable[[Ends], None]:
    def play(ends: Ends) -> None:
        for number in range(10 * count):
            ends.frame(_RST_STREAM, 0, (2 * number + 1) & 0x7FFFFFFF, b"\0\0\0\x08")
            if number % _TOGETHER == _TOGETHER - 1:
                ends.send(0)

    return play


SHAPES: Final[dict[str, Callable[[int], Callable[[Ends], None]]]] = {
    "lists": lambda count: _asked_and_answered(
        _NEWEST * 60, _NEWEST * 60, _literal(b"x-long", b"v" * 1_024), count
    ),
    "paths": lambda count: _asked_and_answered(_NEWEST, b"", _literal(b":path", b"/" + b"p" * 3_900), count, _NO_PATH),
    "small": lambda count: _asked_and_answered(_NEWEST * 500, b"", _literal(b"a", b"b"), count),
    "never": _never,
    "resets": _resets,
}  # fmt: skip
#: Commands by name; ``{}`` is the capture, ``OUT`` what is written.
COMMANDS: Final = {
    "table": ("requests", "{}"),
    "group": ("requests", "{}", "--group", "statement"),
    "jsonl": ("requests", "{}", "--jsonl"),
    "har": ("requests", "{}", "--har", "OUT"),
    "export": ("export", "{}"),
    "follow": ("follow", "{}", "--stream", "0", "--decoded"),
    "report": ("report", "{}"),
    "json": ("report", "{}", "--json"),
    "info": ("packets", "{}"),
    "streamid": ("packets", "{}", "-Y", "http2.streamid == 77"),
    "value": ("packets", "{}", "-e", "http2.header.value"),
}  # fmt: skip


def write(path: Path, shape: str, streams: int) -> None:
    """Write the capture unless it is there."""
    if path.exists():
        return
    ends = Ends(random.Random(streams))
    SHAPES[shape](streams)(ends)
    ends.talk.close()
    write_capture(path, ends.talk.records)


def measured(words: tuple[str, ...], capture: Path, out: Path) -> str:
    """Run a command to its end: seconds, MiB of memory, MiB written, and its exit code unless 0."""
    command = [sys.executable, "-m", "tcptui"]
    command += [str(capture) if word == "{}" else str(out) if word == "OUT" else word for word in words]
    out.unlink(missing_ok=True)
    told = out.with_suffix(".told")
    began = time.perf_counter()
    with told.open("wb") as output:
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL, preexec_fn=_bounded)
        _, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    size = told.stat().st_size + (out.stat().st_size if out.exists() else 0)
    ended = f" ({child.returncode})" if child.returncode else ""
    return f"{seconds:.1f} s, {used.ru_maxrss >> 10:,} MiB, {size / (1 << 20):,.1f} MiB{ended}"


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))


def main() -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=100_000)
    parser.add_argument("--only", default=",".join(SHAPES))
    parser.add_argument("--commands", default=",".join(COMMANDS))
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"))
    options = parser.parse_args()
    folder = options.directory / "http2-bombs"
    folder.mkdir(exist_ok=True)
    for shape in options.only.split(","):
        path = options.directory / f"bomb-{shape}-{options.streams}.pcap"
        write(path, shape, options.streams)
        print(f"{shape}: {path.stat().st_size / (1 << 20):.1f} MiB captured", flush=True)
        for name in options.commands.split(","):
            print(f"  {name}: {measured(COMMANDS[name], path, folder / 'out')}", flush=True)
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""HTTP by tshark and by us, in one form: messages, and the bodies that it exports.

Run as a program, it prints the table of both over the captures named:
``python tests/support/tshark_http.py FILE…``
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.protocols.export.collect import FileCollector
from tcptui.protocols.export.files import Shortfall
from tcptui.protocols.export.reading import FileReader, MessageFinder
from tcptui.protocols.http.conversation import Framing, messages
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from tcptui.session.session import Session

#: Off by default in 4.0; without it a message with a segment out of order is lost.
_OUT_OF_ORDER = ("-o", "tcp.reassemble_out_of_order:TRUE")
_FIELDS = ("frame.number", "http.request.method", "http.request.uri", "http.response.code")
_BETWEEN = "\x1f"

#: Request method and target, or ``""`` and status code.
Line = tuple[str, str]


@dataclass
class Seen:
    """The messages of one capture."""

    whole: Counter[tuple[int, Line]] = field(default_factory=Counter)
    """Frame and start line."""
    until_close: Counter[Line] = field(default_factory=Counter)
    """Messages whose end only the close tells: tshark counts them in the frame of the FIN."""
    broken: Counter[Line] = field(default_factory=Counter)
    """Messages that never became whole."""

    @property
    def lines(self) -> Counter[Line]:
        """The start lines of all whole messages."""
        found: Counter[Line] = Counter(self.until_close)
        for (_frame, line), count in self.whole.items():
            found[line] += count
        return found


def seen_by_tshark(path: Path) -> Counter[tuple[int, Line]]:
    """Frame and start line of every HTTP message over TCP."""
    fields = [word for name in _FIELDS for word in ("-e", name)]
    command = ["tshark", "-r", str(path), "-n", "-2", *_OUT_OF_ORDER, "-Y", "http && tcp", "-T", "fields"]
    command += ["-E", "separator=/t", "-E", f"aggregator={_BETWEEN}", *fields]
    printed = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=True, timeout=600)
    found: Counter[tuple[int, Line]] = Counter()
    for row in printed.stdout.splitlines():
        frame, methods, uris, codes = row.split("\t")
        for method, uri in zip(methods.split(_BETWEEN), uris.split(_BETWEEN), strict=True):
            if method:
                found[int(frame), (method, uri)] += 1
        for code in codes.split(_BETWEEN):
            if code:
                found[int(frame), ("", code)] += 1
    return found


def seen_by_us(session: Session) -> Seen:
    """The same by our reader."""
    seen = Seen()
    for stream in range(session.streams.count):
        for message in messages(*session.directions(stream)):
            head = message.head
            line = ("", str(head.status)) if head.is_response else (head.method, head.uri)
            if not message.complete:
                seen.broken[line] += 1
            elif message.framing is Framing.UNTIL_CLOSE:
                seen.until_close[line] += 1
            else:
                seen.whole[message.shown_frame, line] += 1
    return seen


def objects_by_tshark(path: Path) -> Counter[str]:
    """Hashes of what ``--export-objects http`` writes."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["tshark", "-r", str(path), "-n", "-q", *_OUT_OF_ORDER, "--export-objects", f"http,{folder}"]
        subprocess.run(command, capture_output=True, check=True, timeout=600)
        return Counter(hashlib.sha256(file.read_bytes()).hexdigest() for file in Path(folder).iterdir())


def objects_by_us(session: Session) -> Counter[str]:
    """Hashes of whole bodies; ranges one by one, as tshark exports them."""
    collector = FileCollector(session.directions)
    for stream in range(session.streams.count):
        collector.add_stream(stream)
    finder = MessageFinder(session.directions)
    found: Counter[str] = Counter()
    for file in collector.files:
        for _block in FileReader(file, finder):
            pass
        if file.complete or file.shortfall is Shortfall.PART:
            found[file.sha256] += 1
    return found


def table(paths: list[Path]) -> str:
    """Messages and exported bodies by tshark, by us, and equal ones, per capture and in all."""
    rows = [f"{'capture':62}{'messages':>26}{'bodies exported':>26}"]
    rows.append(f"{'':62}{'tshark':>10}{'ours':>8}{'equal':>8}{'tshark':>10}{'ours':>8}{'equal':>8}{'never whole':>13}")
    sums = [0] * 7
    for path in paths:
        session = open_file(path)
        theirs, seen = seen_by_tshark(path), seen_by_us(session)
        if theirs or seen.whole or seen.broken:
            lines: Counter[Line] = Counter()
            for (_frame, line), count in theirs.items():
                lines[line] += count
            their_objects, our_objects = objects_by_tshark(path), objects_by_us(session)
            numbers = [
                lines.total(), seen.lines.total(), (lines & seen.lines).total(),
                their_objects.total(), our_objects.total(), (their_objects & our_objects).total(),
                seen.broken.total(),
            ]  # fmt: skip
            sums = [total + number for total, number in zip(sums, numbers, strict=True)]
            rows.append(_row("/".join(path.parts[-2:]) if path.parent.name != "dev" else path.name, numbers))
        session.close()
    return "\n".join([*rows, _row("all", sums)]) + "\n"


def _row(name: str, numbers: list[int]) -> str:
    widths = (10, 8, 8, 10, 8, 8, 13)
    return f"{name:62}" + "".join(f"{number:>{width}}" for number, width in zip(numbers, widths, strict=True))


if __name__ == "__main__":
    print(table([Path(name) for name in sys.argv[1:]]), end="")

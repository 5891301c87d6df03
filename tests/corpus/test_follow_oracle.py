"""The bytes of every connection against `tshark -z follow,tcp,raw`, over real captures."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tcptui.protocols.stream.conversation import Conversation, chunks
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

#: Streams of a capture that are compared; every one costs tshark a pass.
STREAMS = 12
#: What tshark writes, into the bytes, where a segment is missing.
_MISSING = re.compile(rb"\[\d+ bytes missing in capture file\]\0?")
#: Captures whose streams may differ, and why.  Nothing else may, but for what `_explained` says.
EXPECTED_DIFFERENCES = {
    "nDPI-vnc.pcapng": "tshark splits one connection in two (see test_oracle.py), so the numbers of the streams differ",
    "packets-tcp_dupack.pcapng": (
        "without a handshake tshark begins with the segment captured first and leaves out the resent one that fills "
        "the hole before it; we begin with the earliest byte"
    ),
}


def _tshark(path: Path, count: int) -> dict[int, tuple[str, list[bytes]]]:
    """By stream: the end that tshark calls node 0, and the bytes of both nodes."""
    wanted = [word for number in range(count) for word in ("-z", f"follow,tcp,raw,{number}")]
    command = ["tshark", "-r", str(path), "-q", *wanted]
    text = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600).stdout
    found: dict[int, tuple[str, list[bytes]]] = {}
    for block in text.split("Follow: tcp,raw\n")[1:]:
        lines = block.splitlines()
        said = [bytearray(), bytearray()]
        for line in lines[3:]:
            if line.startswith("="):
                break
            said[line.startswith("\t")] += bytes.fromhex(line.strip())
        node = lines[1].partition(": ")[2]
        found[int(lines[0].rsplit(" ", 1)[1])] = node, [_MISSING.sub(b"", bytes(side)) for side in said]
    return found


def _ours(session: Session, stream: int) -> list[bytes]:
    directions = session.directions(stream)
    said = [bytearray(), bytearray()]
    for stretch in Conversation(directions):
        if stretch.gap is None:
            for _, data in chunks(directions[stretch.side], stretch.start, stretch.stop):
                said[stretch.side] += data
    return [bytes(side) for side in said]


def _explained(ours: list[bytes], theirs: list[bytes]) -> bool:
    """tshark waits for an acknowledgment before it shows a segment, or goes on behind a hole; we show what is there."""
    return all(one.startswith(other) for one, other in zip(ours, theirs, strict=True))


@pytest.mark.tshark
def test_every_byte_is_the_one_that_tshark_follows(corpus: Path) -> None:
    different: list[str] = []
    equal = more = 0
    for path in sorted((corpus / "dev").glob("*.pcap*")):
        session = open_file(path)
        count = min(session.streams.count, STREAMS)
        answers = _tshark(path, count) if count and path.name not in EXPECTED_DIFFERENCES else {}
        for stream, (node, theirs) in answers.items():
            ours = _ours(session, stream)
            if node != str(session.streams.client(stream)):
                theirs = theirs[::-1]
            if ours == theirs:
                equal += 1
            elif _explained(ours, theirs):
                more += 1
            else:
                different.append(f"{path.name} stream {stream}")
        session.close()

    assert not different
    assert equal > 20 * more
    assert equal > 200

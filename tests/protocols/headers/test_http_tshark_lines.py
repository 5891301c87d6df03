"""The HTTP layer against ``tshark -V``, line by line: start line, fields, chunks, codings, text, reassembly.

What is not compared:

* the links' order, and the request's URI among them, which newer Wiresharks (and the published listing that
  our tree follows) changed;
* the notes and counters of 4.0 alone (``Expert Info (Chat…)``, ``HTTP request 1/1``, next and previous frames);
* what 4.0 cuts with ``[truncated]``: the first 80 characters are.
"""

from __future__ import annotations

import os
import re
import subprocess
from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from tree_text import tree_text

from tcptui.protocols.headers.cursor import TreeOptions
from tcptui.protocols.headers.tree import header_tree
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

#: What each capture is here for.
CAPTURES = {
    "nDPI-ocsp.pcapng": "responses in several segments",
    "lab-wsapp.pcap": "an upgrade",
    "filesamples-simple_http_sll2.pcap": "a head and a body in segments of their own",
    "zeek-missing-zlib-header.pcap": "deflate without its wrapper, long text",
    "scapy-http_chunk.pcap.gz": "chunks, 36 segments",
    "tcpreplay-test-rewrite_endpoint.pcap": "responses without a body",
    "suricata-verify-http-range-multiflows.pcap": "ranges over several connections",
}
#: Frames that differ, with the reason.
DIFFERENT = {
    ("scapy-http_chunk.pcap.gz", 1): "the one byte of a keep-alive: no data of the stream to us",
    ("scapy-http_chunk.pcap.gz", 65): "tshark also lists a segment that brought nothing new",
}

_LAYERS = ("Hypertext Transfer", "Line-based text")
_LINKS = re.compile(r" {4}\[((Request|Response) in frame|Time since request)")
_NOT_OURS = re.compile(
    r".*(Expert Info \(Chat|Severity level: Chat|Group: Sequence)| {12}\[(GET|POST|HEAD|HTTP)"
    r"| {4}\[(HTTP re(quest|sponse) \d+/\d+|(Next|Prev) re(quest|sponse) in frame)"
)
_FIRST = 80
#: Lines of text that our tree shows.
_TEXT_LINES = 200
Frames = dict[int, tuple[list[str], list[str]]]


def _frames(printed: str) -> Frames:
    """Per frame with HTTP, its lines and, sorted, what links it with others."""
    frames: Frames = {}
    number, ours, text = 0, False, 0
    for line in printed.splitlines():
        if match := re.match(r"Frame (\d+): ", line):
            number = int(match[1])
            frames[number] = [], []
        if line and not line.startswith(" "):
            ours = line.startswith(_LAYERS) or "Reassembled TCP Segments" in line
        if not ours or not line.strip() or _NOT_OURS.match(line):
            continue
        line = re.sub(r"^( +) \[truncated\]", r"\1", line).rstrip("…")[:_FIRST]
        if line.startswith("    [") and ("equest URI: " in line or " more lines]" in line):
            continue
        text = text + 1 if line.startswith("    ") and text else int(line.startswith("Line-based"))
        if text > _TEXT_LINES + 1:
            continue
        frames[number][_LINKS.match(line) is not None].append(line)
    return {number: (lines, sorted(links)) for number, (lines, links) in frames.items() if lines or links}


@pytest.mark.tshark
@pytest.mark.parametrize("name", CAPTURES)
def test_http_lines_equal_tsharks(corpus: Path, name: str) -> None:
    path = corpus / "dev" / name
    command = [
        "tshark",
        "-r",
        str(path),
        "-n",
        "-2",
        "-o",
        "tcp.reassemble_out_of_order:TRUE",
        "-V",
        "-Y",
        "http && tcp",
    ]
    theirs = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", check=True, timeout=600,
        env=os.environ | {"TZ": "UTC"},
    ).stdout  # fmt: skip
    session = open_file(path)
    options = TreeOptions(zone=UTC, vendor_names=False, secrets=True)
    expected = _frames(theirs)
    shown = {}
    for frame in expected:
        packet = session.reader.packet(session.store.row_of_frame(frame))
        assert packet.analysis is not None
        tree = header_tree(packet, session.application(packet.analysis.stream), options)
        shown |= _frames(tree_text(tree))
    session.close()

    different = {frame for frame in expected if shown.get(frame) != expected[frame]}
    assert different == {frame for capture, frame in DIFFERENT if capture == name}
    assert len(expected) > 1

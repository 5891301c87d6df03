"""Recordings of HTTP/2 of nghttp2 and of Go (record_http2.py), plain and with their keys, against tshark."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

CAPTURES: Final = Path(__file__).with_name("captures_http2")
FIELDS: Final = (
    "frame.number", "http2.streamid", "http2.type", "http2.flags", "http2.length", "http2.rst_stream.error",
    "http2.goaway.error", "http2.window_update.window_size_increment", "http2.settings.id", "http2.header.name",
    "http2.header.value",
)  # fmt: skip
#: What comes behind these columns is what header blocks say.
OF_FRAMES: Final = FIELDS.index("http2.header.name")
#: Frames of which tshark reads header blocks otherwise: it loses the decoder behind a smaller table ("unexpected
#: decompression state").
OTHERWISE: Final = {("nghttp2", 362)}


def run(*words: str) -> str:
    command = [sys.executable, "-m", "tcptui", *words]
    return subprocess.run(command, capture_output=True, check=True, text=True, timeout=600).stdout


def requests(name: str) -> Counter[tuple[int, str, str | None]]:
    lines = run("requests", str(CAPTURES / f"{name}.pcapng.gz"), "--jsonl").splitlines()
    said = [json.loads(line) for line in lines]
    return Counter((one["stream"], one["operation"], one["status"]) for one in said)


def test_requests_of_nghttp2_are_those_that_its_clients_made() -> None:
    """Prior knowledge, an upgrade that is refused, streams over the limit, and files inside TLS 1.2 and 1.3."""
    said = requests("nghttp2")

    for stream in (0, 11, 12):
        names = ("index.html", "style.css", "picture.bin", "missing")
        answered = {f"GET /{name}": "404" if name == "missing" else "200" for name in names}
        assert {operation: status for number, operation, status in said if number == stream} == answered
    assert said[3, "GET /picture.bin", "200"] == 1
    assert said[7, "POST /up", "200"] == 1
    assert said[14, "GET /style.css", "200"] == 6
    for stream in (9, 10):
        assert (
            said[stream, "GET /index.html", "200"] + said[stream, "GET /index.html", "RST_STREAM REFUSED_STREAM"] == 30
        )


def test_requests_of_go_are_those_that_its_client_made() -> None:
    said = requests("go")

    for stream in (0, 1):  # TLS 1.2, TLS 1.3
        asked = {operation: status for number, operation, status in said if number == stream}
        assert len(asked) == 17
        assert asked["GET /drip"] == "RST_STREAM CANCEL"
        assert [asked[f"GET /text/{number}?of=8"] for number in range(8)] == ["200"] * 8
        assert [asked[f"GET /{name}"] for name in ("big", "zip", "trailers", "missing")] == ["200", "200", "200", "404"]
    assert said[2, "GET /text/pushed", "200"] == 1
    assert said[3, "POST /up", "200"] == 4


@pytest.mark.tshark
@pytest.mark.parametrize(("name", "least"), [("nghttp2", 200), ("go", 200)])
def test_frames_and_headers_are_those_of_tshark(name: str, least: int, tmp_path: Path) -> None:
    unpacked = tmp_path / f"{name}.pcapng"
    unpacked.write_bytes(gzip.decompress((CAPTURES / f"{name}.pcapng.gz").read_bytes()))
    words = [word for field in FIELDS for word in ("-e", field)]
    command = ("tshark", "-2", "-n", "-r", str(unpacked), "-Y", "http2", "-T", "fields", *words)
    theirs = subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()
    ours = run("packets", str(unpacked), "-Y", "http2", *words).splitlines()
    rows = [(one.split("\t"), other.split("\t")) for one, other in zip(ours, theirs, strict=True)]

    assert len(rows) >= least
    assert [one[:OF_FRAMES] for one, _ in rows] == [other[:OF_FRAMES] for _, other in rows]
    differ = {(name, int(one[0])) for one, other in rows if one != other}
    assert differ == {place for place in OTHERWISE if place[0] == name}

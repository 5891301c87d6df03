"""Frame by frame against tshark 4.0, over real captures and odd ones."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: Captures of ``dev`` that may differ, and why.  Nothing else may.
EXPECTED_DIFFERENCES = {
    "nDPI-vnc.pcapng": (
        "tshark's VNC heuristic makes a second conversation of the same 4-tuple at the server's greeting and splits "
        "the stream there; it is one connection, and we number it as one.  No verdict differs"
    ),
}
_SCRAPS = "a TCP frame of which not even the ports were captured: a line without any value to tshark, 'other' to us"
_NANOSECONDS = "times of a record with more than a second of fraction: tshark prints ten digits where nine belong"
#: Frames of ``malformed`` that may differ, and why.  Nothing else may.
EXPECTED_OF_MALFORMED = {
    "suricata-verify-bug-6875-01-fuzz.pcap": (
        {1},
        "the second record is damaged, so Wireshark guesses a pcap variant with longer record headers and reads the "
        "first packet eight bytes late; we read the header as it says",
    ),
    "suricata-verify-ipv6-malformed-fragments-25-frag-25.pcap": ({8}, _SCRAPS),
    "zeek-ip-discarder-truncated-tcp-oob.pcapng": ({1}, _SCRAPS),
    "suricata-verify-tcp-session-decode-malformed-ipv4-input.pcap": (
        set(range(2, 12)),
        "frame 8 has an IP security option of two bytes, amid which tshark gives the packet up; the TCP segment behind "
        "it is sound, and counts with us (its time then gives the stream an initial RTT)",
    ),
    "tcpdump-timestamp_invalid_micro.pcap": ({3}, _NANOSECONDS),
    "tcpdump-timestamp_invalid_nano.pcap": ({2, 3}, _NANOSECONDS),
}
#: What tshark's second pass adds from hindsight (rules/tcp-analysis.md#10-two-passes): earlier SYN-ACKs flagged, and an
#: initial RTT below zero where the only ACK came before the SYN.
SECOND_PASS_ONLY = ("missing reused_ports", "irtt: oracle -")


def _verdicts(captures: list[Path], out: Path) -> None:
    """Our answers; by a process of its own, for it gives up root."""
    with out.open("w") as sink:
        subprocess.run([sys.executable, "-m", "tcptui", "verdicts", *captures, "--jsonl"], stdout=sink, check=False)


def _compare(corpus: Path, oracle: Path, ours: Path, *more: str) -> dict[str, object]:
    command = [sys.executable, str(corpus / "compare.py"), str(oracle), str(ours), "--json", "--show", "100000", *more]
    result: dict[str, object] = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    return result


def _unpacked(packed: Path, folder: Path) -> Path:
    plain = folder / packed.name.removesuffix(".gz")
    plain.write_bytes(gzip.decompress(packed.read_bytes()))
    return plain


def test_every_frame_of_dev_has_tsharks_verdicts_and_values(corpus: Path, tmp_path: Path) -> None:
    captures = sorted(path for path in (corpus / "dev").iterdir() if path.suffix != ".tsv")
    _verdicts(captures, tmp_path / "ours.jsonl")
    both_passes = _unpacked(corpus / "oracle_dev.jsonl.gz", tmp_path)
    one_pass = _unpacked(corpus / "oracle_dev_1.jsonl.gz", tmp_path)

    result = _compare(corpus, both_passes, tmp_path / "ours.jsonl", "--alt", str(one_pass))

    differing = {entry["file"] for entry in result["first"]}  # type: ignore[attr-defined]
    assert result["captures"] == len(captures)
    assert differing == set(EXPECTED_DIFFERENCES)
    assert float(str(result["verdict_agreement"])) > 99.95


def test_every_frame_of_the_quirks_has_tsharks_verdicts_and_values(corpus: Path, tmp_path: Path) -> None:
    captures = sorted((corpus / "quirks" / "cases").iterdir())
    _verdicts(captures, tmp_path / "ours.jsonl")

    result = _compare(corpus, corpus / "quirks" / "oracle_quirks.jsonl", tmp_path / "ours.jsonl")

    unexplained = [
        (entry["file"], entry["frame"], difference)
        for entry in result["first"]  # type: ignore[attr-defined]
        for difference in entry["diff"]
        if not difference.startswith(SECOND_PASS_ONLY)
    ]
    assert unexplained == []
    assert result["captures"] == len(captures)


def test_malformed_captures_are_read_as_tshark_reads_them(corpus: Path, tmp_path: Path) -> None:
    captures = sorted(path for path in (corpus / "malformed").iterdir() if path.suffix != ".tsv")
    _verdicts(captures, tmp_path / "ours.jsonl")

    result = _compare(corpus, _unpacked(corpus / "oracle_malformed.jsonl.gz", tmp_path), tmp_path / "ours.jsonl")

    differing = {(entry["file"], entry["frame"]) for entry in result["first"]}  # type: ignore[attr-defined]
    assert differing == {(name, frame) for name, (frames, _why) in EXPECTED_OF_MALFORMED.items() for frame in frames}

"""``assert`` and ``slice`` in pipelines of a real shell: status, what a failed rule leaves, who reads it again."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from run_command import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.tshark, pytest.mark.slow]

CAPTURE: Final = "nDPI-sites.pcapng"
RULE: Final = "no tcp.analysis.retransmission"
#: Of a segment, each as tshark says it.  Numbers of frames and connections are other ones in a slice.
VERDICTS: Final = (
    "frame.time_epoch", "tcp.seq", "tcp.ack", "tcp.analysis.retransmission", "tcp.analysis.fast_retransmission",
    "tcp.analysis.spurious_retransmission", "tcp.analysis.out_of_order", "tcp.analysis.lost_segment",
    "tcp.analysis.ack_lost_segment", "tcp.analysis.duplicate_ack_num", "tcp.analysis.keep_alive",
    "tcp.analysis.zero_window", "tcp.analysis.window_update", "tcp.analysis.window_full", "tcp.analysis.ack_rtt",
    "tcp.analysis.initial_rtt", "tcp.analysis.bytes_in_flight", "tcp.completeness",
)  # fmt: skip
FIELDS: Final = " ".join(f"-e {name}" for name in VERDICTS)


def shell(script: str, folder: Path, capture: Path) -> subprocess.CompletedProcess[str]:
    """``script`` run by bash, where a failure anywhere in a pipeline counts; ``$capture`` is the file."""
    environ = os.environ | {
        "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": str(folder), "TZ": "UTC",
        "capture": str(capture),
    }  # fmt: skip
    program = f'tcptui() {{ {shlex.quote(sys.executable)} -m tcptui --lang en "$@"; }}\n'
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail\n{program}{script}"],
        env=environ, cwd=folder, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


@pytest.fixture
def capture(corpus: Path) -> Path:
    return corpus / "dev" / CAPTURE


def test_rule_that_fails_ends_the_pipeline_and_leaves_its_packets(capture: Path, tmp_path: Path) -> None:
    judged = shell(
        f"cat $capture | tcptui assert - '{RULE}' 'no udp.port == 9' --slice broken | tee log && echo shipped",
        tmp_path, capture,
    )  # fmt: skip
    theirs = shell(
        "tshark -2 -n -r $capture -Y tcp.analysis.retransmission -T fields -e frame.number", tmp_path, capture
    )
    (broken,) = (tmp_path / "broken").iterdir()
    kept = shell(f"tshark -2 -n -r {broken} -T fields -e frame.comment", tmp_path, capture)

    assert judged.returncode == 1
    assert "shipped" not in judged.stdout
    assert (tmp_path / "log").read_text() == judged.stdout
    frames = theirs.stdout.split()
    assert len(frames) > 3
    assert judged.stdout.startswith(f"BROKEN  {RULE}: {len(frames)} packets match; packets {frames[0]}, ")
    assert "ok      no udp.port == 9" in judged.stdout
    assert kept.stdout.splitlines() == [f"packet {frame} of -" for frame in frames]


def test_rules_that_hold_let_the_pipeline_go_on(capture: Path, tmp_path: Path) -> None:
    judged = shell(
        "gzip -c $capture | tcptui assert - 'count tcp > 0' --slice broken | cat && echo shipped", tmp_path, capture
    )

    assert (judged.returncode, judged.stdout) == (0, "ok      count tcp > 0\nshipped\n")
    assert not (tmp_path / "broken").exists()


@pytest.mark.parametrize("rule", ["count tcp > 0", RULE])
def test_answer_that_cannot_be_written_is_no_broken_rule(capture: Path, tmp_path: Path, rule: str) -> None:
    judged = shell(f"tcptui assert $capture '{rule}' --slice broken > /dev/full", tmp_path, capture)

    assert judged.returncode == 3
    assert "No space left on device" in judged.stderr
    assert "Traceback" not in judged.stderr


def test_reader_that_leaves_early_ends_the_command_silently(capture: Path, tmp_path: Path) -> None:
    judged = shell(f"tcptui assert $capture '{RULE}' | true; echo ${{PIPESTATUS[0]}}", tmp_path, capture)

    assert (judged.stdout, judged.stderr) == ("141\n", "")


@pytest.mark.parametrize(("script", "code"), [
    ("tcptui assert $capture 'maybe tcp'", 2), ("tcptui assert $capture 'no tcp.analysis.retransmision'", 2),
    ("tcptui assert $capture 'count tcp > 0' 'no (tcp'", 2), ("tcptui assert nowhere.pcap 'no tcp'", 3),
    ("tcptui assert . 'no tcp'", 3), ("head -c 300 /dev/zero | tcptui assert - 'no tcp'", 3),
    ("tcptui assert - 'no tcp' < /dev/null", 3), ("tcptui assert $capture 'no tcp' --junit no/where.xml", 3),
    ("tcptui assert $capture 'no tcp' --rules $capture", 2),
])  # fmt: skip
def test_what_was_not_judged_has_a_status_of_its_own_and_one_line(
    capture: Path, tmp_path: Path, script: str, code: int
) -> None:
    judged = shell(script, tmp_path, capture)

    assert judged.returncode == code, judged.stderr
    assert len(judged.stderr.splitlines()) == 1
    assert judged.stderr.startswith("tcptui: ")


def test_connections_with_what_broke_the_rule_are_judged_as_before(capture: Path, tmp_path: Path) -> None:
    """Sliced whole, then read by tshark and by us: the same as of the whole capture, packet by packet."""
    asked = "tcp.analysis.retransmission"
    sliced = shell(f"cat $capture | tcptui slice - -Y {asked} --whole-streams -w - > out.pcapng", tmp_path, capture)
    streams = shell(f"tcptui packets $capture -Y {asked} -e tcp.stream | sort -un | paste -sd,", tmp_path, capture)
    chosen = f"'tcp.stream in {{{streams.stdout.strip()}}}'"
    before, by_tshark = (
        shell(command, tmp_path, capture).stdout.splitlines()
        for command in (f"tshark -2 -n -r $capture -Y {chosen} -T fields {FIELDS}",
                        f"tshark -2 -n -r out.pcapng -T fields {FIELDS}")
    )  # fmt: skip
    by_us = shell(f"tcptui packets out.pcapng {FIELDS}", tmp_path, capture).stdout.splitlines()

    assert sliced.returncode == 0, sliced.stderr
    assert len(before) > 50
    assert by_tshark == before
    assert by_us == before

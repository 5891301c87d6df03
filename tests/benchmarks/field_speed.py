"""What fields of the header tree cost: processor time a packet, beside tshark's for the same in the same run.

    python tests/benchmarks/field_speed.py CAPTURE … [--fields NAME,NAME,…] [--runs 3]

For each capture and each field: milliseconds of processor time a packet of ``packets -e FIELD`` (reading the capture
left out: what one without such a field takes is subtracted), of ``tshark -2 -T fields -e FIELD`` likewise, the ratio,
and the least of ``--runs`` for both.  What scapy's process takes counts, too.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

#: Fields that only the tree has, dear and cheap ones.
_FIELDS: Final = "frame.protocols,_ws.expert,http.request.uri,http.request.line,tls.handshake.type,tls.record.version"
_BASE: Final = "frame.number"


def _processor_s(command: list[str]) -> float:
    """User and system time of ``command`` and of all that it started and waited for."""
    before = os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def _ms_a_packet(command: list[str], field: str, packets: int, runs: int) -> float:
    least = {name: min(_processor_s([*command, "-e", name]) for _ in range(runs)) for name in (_BASE, field)}
    return max(least[field] - least[_BASE], 0) * 1_000 / packets


def main() -> None:
    """Print a line for each capture and field."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--fields", default=_FIELDS)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(f"{'capture':40} {'field':26} {'packets':>8} {'ms/packet':>10} {'tshark':>8} {'ratio':>7}")
    for path in options.captures:
        ours = [sys.executable, "-m", "tcptui", "packets", str(path)]
        theirs = ["tshark", "-2", "-n", "-r", str(path), "-T", "fields"]
        packets = int(subprocess.run([*ours, "--count"], capture_output=True, text=True, check=True).stdout)
        for field in options.fields.split(","):
            mine = _ms_a_packet(ours, field, packets, options.runs)
            other = _ms_a_packet(theirs, field, packets, options.runs)
            ratio = f"{mine / other:7.1f}" if other else "      -"
            print(f"{path.name[:40]:40} {field:26} {packets:8} {mine:10.3f} {other:8.3f} {ratio}", flush=True)


if __name__ == "__main__":
    main()

"""One capture held against tshark by the corpus's own programs."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def differences(corpus: Path, capture: Path) -> list[dict[str, object]]:
    """Every frame of ``capture`` that `compare.py` finds different, both of tshark's readings being right."""
    readings = []
    for more in ([], ["--one-pass"]):
        oracle = capture.with_suffix(f".oracle{len(more)}")
        command = [sys.executable, str(corpus / "oracle.py"), *more, str(capture), "-o", str(oracle)]
        subprocess.run(command, check=True, capture_output=True)
        # A TCP frame without even its ports is a line without values to tshark, and nothing to us.
        lines = [line for line in oracle.read_text().splitlines() if '"sport"' in line or '"file"' in line]
        oracle.write_text("\n".join(lines) + "\n")
        readings.append(oracle)
    ours = capture.with_suffix(".ours")
    with ours.open("w") as sink:
        subprocess.run([sys.executable, "-m", "tcptui", "verdicts", str(capture), "--jsonl"], stdout=sink, check=True)
    compare = [sys.executable, str(corpus / "compare.py"), str(readings[0]), str(ours), "--alt", str(readings[1])]
    shown = subprocess.run([*compare, "--json", "--show", "10000"], capture_output=True, text=True, check=False).stdout
    result = json.loads(shown)
    assert result["captures"] == 1
    found: list[dict[str, object]] = result["first"]
    return found

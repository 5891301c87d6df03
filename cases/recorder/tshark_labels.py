"""What tshark says of the same frames, for comparison."""

from __future__ import annotations

import subprocess
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path


class Label(Enum):
    """tshark's opinion on a frame, as far as sending again goes."""

    SENT_AGAIN = "sent again"
    OUT_OF_ORDER = "out of order"
    PROBE = "probe"
    NOTHING = "nothing"


_FIELDS: Final = {
    "tcp.analysis.retransmission": Label.SENT_AGAIN,
    "tcp.analysis.fast_retransmission": Label.SENT_AGAIN,
    "tcp.analysis.spurious_retransmission": Label.SENT_AGAIN,
    "tcp.analysis.keep_alive": Label.PROBE,
    "tcp.analysis.zero_window_probe": Label.PROBE,
    "tcp.analysis.out_of_order": Label.OUT_OF_ORDER,
}


def tshark_labels(capture: Path) -> dict[int, Label]:
    """Frame number → what tshark says, for frames of which it says any of it; raises OSError without tshark."""
    command = ["tshark", "-2", "-n", "-r", str(capture), "-T", "fields", "-e", "frame.number"]
    for name in _FIELDS:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    labels = {}
    for line in done.stdout.splitlines():
        number, *values = line.split("\t")
        said = [label for value, label in zip(values, _FIELDS.values(), strict=False) if value]
        if said:
            labels[int(number)] = said[0]
    return labels

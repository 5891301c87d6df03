"""Two captures of the same traffic as the screen takes them: packets were lost, missed, doubled and overtaken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from two_points import Path, World

from tcptui.session.session import open_file
from tcptui.ui.merged.merging import Merging

if TYPE_CHECKING:
    import pathlib

FAULTY: Final = Path(loss=0.06, missed_by_b=0.03, copied=0.04, offset_ns=-1_500_000_000, translated=True, mss=1_360)


def two_captures(folder: pathlib.Path, world: World | None = None) -> Merging:
    """The captures of ``world``, read to their ends; not for use inside an event loop."""
    world = world or World(FAULTY, 3, connections=5, rounds=10)
    first, second = (open_file(file) for file in world.write(folder))
    return Merging((first, second), ("client.pcap", "server.pcap"))

"""Files that nginx and a server of our own really sent, exported from both ends' captures."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cases.recorder.namespaces import End
from cases.recorder.web_programs import png

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.live,
    pytest.mark.rerun_on_race(reason="timers of real kernels fire late on a busy machine", reruns=2),
]

CHECKOUT = Path(__file__).parents[3]

#: Scenario to how much of the image was sent (in halves), and under what name it is exported.
IMAGES = {
    "http-image-download": (2, "photo.png"),
    "http-image-in-parts": (2, "photo.png"),
    "http-image-cut": (1, "photo.png.partial"),
}


@pytest.mark.parametrize("end", End)
@pytest.mark.parametrize("name", IMAGES)
def test_exported_file_is_what_the_server_sent(
    record_all: Callable[..., Path], tmp_path: Path, name: str, end: End
) -> None:
    folder = record_all(list(IMAGES)) / name
    drawn = json.loads((folder / "recording.json").read_text())["parameters"]
    image = png(random.Random(drawn["seed"]), drawn["width"], drawn["height"])
    directions, written = IMAGES[name]

    # A process of its own: the command gives up root for good.
    words = ["export", str(folder / f"{end.value}.pcapng"), "--out", str(tmp_path / "out"), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "tcptui", *words], cwd=CHECKOUT, capture_output=True, timeout=600, check=True
    )

    (listed,) = json.loads(done.stdout)
    assert listed["name"] == written
    assert listed["complete"] == (directions == 2)
    assert (tmp_path / "out" / written).read_bytes() == image[: len(image) * directions // 2]

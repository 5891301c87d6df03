"""Files that nginx and a server of our own really sent, exported from both ends' captures."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest

from cases.recorder.namespaces import End
from cases.recorder.web_programs import png
from tcptui.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.live

#: Scenario to how much of the image was sent (in halves), and under what name it is exported.
IMAGES = {
    "http-image-download": (2, "photo.png"),
    "http-image-in-parts": (2, "photo.png"),
    "http-image-cut": (1, "photo.png.partial"),
}


@pytest.mark.parametrize("end", End)
@pytest.mark.parametrize("name", IMAGES)
def test_exported_file_is_what_the_server_sent(
    record_all: Callable[..., Path], tmp_path: Path, name: str, end: End, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    folder = record_all(list(IMAGES)) / name
    drawn = json.loads((folder / "recording.json").read_text())["parameters"]
    image = png(random.Random(drawn["seed"]), drawn["width"], drawn["height"])
    halves, written = IMAGES[name]

    assert main(["export", str(folder / f"{end.value}.pcapng"), "--out", str(tmp_path / "out"), "--json"]) == 0

    (listed,) = json.loads(capsysbinary.readouterr().out)
    assert listed["name"] == written
    assert listed["complete"] == (halves == 2)
    assert (tmp_path / "out" / written).read_bytes() == image[: len(image) * halves // 2]

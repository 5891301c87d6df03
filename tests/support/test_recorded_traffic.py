"""`recorded_traffic`: when a recording is known to be whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import recorded_traffic

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("behind", [b"", b"a FIN that a busy server sends late"])
def test_recording_has_ended_once_its_last_datagram_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behind: bytes
) -> None:
    monkeypatch.setattr(recorded_traffic, "_WAIT_S", 0.05)
    path, before = tmp_path / "recorded.pcap", b"what passed before"
    path.write_bytes(before + recorded_traffic._LAST + behind)

    recorded_traffic.wait_until_last(path, len(before))
    with pytest.raises(RuntimeError, match="no end"):
        recorded_traffic.wait_until_last(path, len(before) + 1)

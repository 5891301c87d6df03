"""A few forgeries of each kind: told, refuted, shown in both versions; look-alikes silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.session.session import open_file
from tests.campaigns.forgeries.judge import wrong_with
from tests.campaigns.forgeries.kinds import KINDS, drawn

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [100, 101])
def test_forgery_is_told_and_refuted_and_a_look_alike_is_not(kind: str, seed: int, tmp_path: Path) -> None:
    forgery = drawn(kind, seed)
    path = tmp_path / "forged.pcap"
    path.write_bytes(forgery.wire.pcap())
    session = open_file(path)
    wrong = list(wrong_with(forgery, session))
    session.close()

    assert wrong == []

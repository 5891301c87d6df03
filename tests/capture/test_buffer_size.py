"""The ring is a small part of the memory, whatever the host."""

from __future__ import annotations

import os

import pytest

from tcptui.capture.child.client import default_buffer_kib

GIB_PAGES = (1 << 30) // 4096


@pytest.mark.parametrize(("gib", "mib"), [(0.1, 4), (1, 16), (2, 32), (4, 64), (512, 64)])
def test_ring_is_a_share_of_the_memory_within_bounds(monkeypatch: pytest.MonkeyPatch, gib: float, mib: int) -> None:
    values = {"SC_PHYS_PAGES": int(gib * GIB_PAGES), "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", values.__getitem__)

    assert default_buffer_kib() == mib * 1024


def test_ring_is_small_where_nobody_says_how_much_memory_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_name: str) -> int:
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr(os, "sysconf", refuse)

    assert default_buffer_kib() == 4 * 1024

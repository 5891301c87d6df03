"""Every field that both programs fill, of every capture of the development corpus, against ``tshark -2``."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from field_sweep import compared_fields, sweep
from known_differences import DIFFERENCES, current_findings

from tests.conftest import corpus_folder

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = corpus_folder()
FOUND = [] if FOLDER is None else sorted((FOLDER / "dev").glob("*.pcap*"), key=lambda path: -path.stat().st_size)
#: Workers that may share the captures, the largest first: all take two minutes of one processor.
SHARES = 4
CAPTURES = [
    pytest.param(path.name, marks=pytest.mark.xdist_group(f"test_every_field_{at % SHARES}"))
    for at, path in enumerate(FOUND)
]


@pytest.mark.some(15)
@pytest.mark.tshark
@pytest.mark.slow
@pytest.mark.parametrize("name", CAPTURES)
def test_fields_of_a_capture(corpus: Path, name: str) -> None:
    swept = sweep(corpus / "dev" / name, compared_fields())

    assert swept is not None
    assert {field: len(frames) for field, frames in swept.different.items()} == current_findings(name)
    assert swept.values > swept.frames


def test_differences_are_listed_in_order_and_once(corpus: Path) -> None:
    names = {field.name for field in compared_fields()}
    keys = [(row.capture, row.reason.name, row.frames) for row in DIFFERENCES]

    assert all(one < other for one, other in pairwise(keys))
    assert {row.capture for row in DIFFERENCES} <= {path.name for path in (corpus / "dev").iterdir()}
    assert all(set(row.names.split()) <= names and row.frames > 0 for row in DIFFERENCES)

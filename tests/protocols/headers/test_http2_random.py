"""Random conversations of HTTP/2, cut into segments anywhere: every value of every field as tshark has it."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING, Final

import pytest
from field_sweep import compared_fields, sweep
from http2_talk import Talk
from sealed_records import SECRETS, log_text, sealed_turns
from web_captures import closed, record

from tcptui.protocols.http2.http2_stream import Http2Stream
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

#: One conversation each; ``SEEDS`` of another range by hand.
SEEDS: Final = range(12)
#: The same inside TLS: of two, records are longer than segments.
SEALED: Final = (5, 6, 7, 28)


@pytest.mark.tshark
@pytest.mark.parametrize("seed", SEEDS)
def test_random_conversation(tmp_path: Path, seed: int) -> None:
    swept = sweep(record(tmp_path, closed(Talk(seed).turns())), compared_fields())

    assert swept is not None
    assert swept.different == {}
    assert swept.values > 1_000


@pytest.mark.tshark
@pytest.mark.skipif(shutil.which("editcap") is None, reason="needs editcap")
@pytest.mark.parametrize("seed", SEALED)
def test_random_conversation_inside_tls(tmp_path: Path, seed: int) -> None:
    """Frames are cut by records there, and records by segments."""
    turns = closed(sealed_turns(Talk(seed).turns()))
    path, keys = record(tmp_path, turns, server="192.0.2.10:443"), tmp_path / "keys.log"
    keys.write_text(log_text(SECRETS))
    with_keys = tmp_path / "with-keys.pcapng"
    inject = ["editcap", "--inject-secrets", f"tls,{keys}", str(path), str(with_keys)]
    subprocess.run(inject, check=True, capture_output=True)
    swept = sweep(with_keys, compared_fields())

    assert swept is not None
    assert swept.different == {}
    assert swept.values > 1_000


@pytest.mark.parametrize("seed", SEEDS)
def test_header_lists_are_those_that_were_sent(tmp_path: Path, seed: int) -> None:
    """What tshark does not say: it gives no list where it takes a table's size otherwise."""
    talk = Talk(seed)
    with closing(open_file(record(tmp_path, closed(talk.turns())))) as session:
        parsed = session.application(0).parsed
        assert isinstance(parsed, Http2Stream)
        for index, sent in zip(parsed.indexes, talk.lists, strict=True):
            blocks = list(index.blocks.values())
            read = [[pair for pair in block.headers.entries if pair != (b"", b"")] for block in blocks]
            assert read == [[(name.encode(), value.encode()) for name, value in fields] for fields in sent]
            assert all(block.is_whole and not block.is_cut for block in blocks)

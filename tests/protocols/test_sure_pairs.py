"""No request has an answer that belongs to another, whatever a recording lacks (`tests.campaigns.pairing`)."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tcptui.protocols.registry import REQUEST_KINDS
from tests.campaigns.pairing.__main__ import read, run
from tests.campaigns.pairing.damage import played
from tests.campaigns.pairing.talks import TALKS


def test_every_kind_of_request_has_a_conversation() -> None:
    assert TALKS.keys() == REQUEST_KINDS.keys() | {"tunnel"}  # HTTP, and another of them behind a CONNECT


@pytest.mark.parametrize("kind", TALKS)
@pytest.mark.parametrize("seed", range(4))
def test_whole_recordings_are_paired_to_the_last_call(tmp_path: Path, kind: str, seed: int) -> None:
    chance = random.Random(seed)
    known = played(TALKS[kind](chance, 12), chance)
    path = tmp_path / "whole.pcap"
    path.write_bytes(known.tape.pcap())
    found = read(path, known)

    # What opens HTTP/2 and AMQP asks nothing, and of WebSocket's calls one stands for all.
    opening = kind in ("http2", "grpc", "amqp")
    assert (found.wrong, found.paired) == ((), found.known - opening)


@pytest.mark.parametrize(
    ("kind", "seed"),
    [
        ("http", 15), ("http", 39), ("http", 44), ("http", 56), ("http", 1_040), ("http", 5_106), ("http", 5_215),
        ("websocket", 27), ("redis", 1),
        ("redis", 13), ("mysql", 0), ("mysql", 29), ("mysql", 41), ("mysql", 20_065),
        ("smtp", 13), ("smtp", 34), ("postgresql", 1_062),
    ],
)  # fmt: skip
def test_recordings_that_were_paired_wrongly(tmp_path: Path, kind: str, seed: int) -> None:
    words, found = run(kind, seed, tmp_path)

    assert (words, found.wrong) == (words, ())


@pytest.mark.parametrize("kind", TALKS)
def test_no_request_has_an_answer_of_another(tmp_path_factory: pytest.TempPathFactory, kind: str) -> None:
    folder = tmp_path_factory.mktemp(kind)

    @settings(max_examples=8, deadline=None)
    @given(st.integers(0, 10**9))
    def holds(seed: int) -> None:
        words, found = run(kind, seed, folder)
        assert (words, found.wrong) == (words, ())

    holds()

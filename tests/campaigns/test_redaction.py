"""Nothing of what is planted in any carrier of a capture survives; and what people often redact is not refused."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from seeds import seed

from tests.campaigns.redaction import attacks
from tests.campaigns.redaction.all_carriers import CARRIERS, MENDED, OFTEN, RARELY_WRITTEN
from tests.campaigns.redaction.judge import CLEAN, LEAKED, REFUSED, judged
from tests.campaigns.redaction.searcher import Searcher

if TYPE_CHECKING:
    from pathlib import Path

    from tests.campaigns.redaction.judge import Verdict

DRAWN = seed(10)
FAMILIES = sorted({name.partition(":")[0] for name in CARRIERS})


@pytest.fixture(autouse=True)
def _root_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command gives up root for good: here that would be the tests'."""
    monkeypatch.setattr("tcptui.cli.inputs.drop_root", lambda _identity: None)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_bytes(bytes(range(32)))
    path.chmod(0o600)
    return path


def said_of(name: str, folder: Path, key: Path) -> Verdict:
    return judged(CARRIERS[name], DRAWN, folder, key)


@pytest.mark.parametrize("name", MENDED)
def test_what_once_leaked_does_not(name: str, tmp_path: Path, key: Path) -> None:
    verdict = said_of(name, tmp_path, key)

    assert verdict.word == CLEAN, (DRAWN, verdict)


@pytest.mark.parametrize("family", FAMILIES)
def test_of_a_carrier_of_each_family_nothing_survives(family: str, tmp_path: Path, key: Path) -> None:
    name = random.Random(DRAWN).choice(sorted(name for name in CARRIERS if name.partition(":")[0] == family))
    verdict = said_of(name, tmp_path, key)

    assert verdict.word != LEAKED, (name, DRAWN, verdict)


@pytest.mark.parametrize("name", OFTEN)
def test_what_is_in_every_network_is_written(name: str, tmp_path: Path, key: Path) -> None:
    verdict = said_of(name, tmp_path, key)

    assert verdict.word == CLEAN, (DRAWN, verdict)


@pytest.mark.some(40)
@pytest.mark.slow
@pytest.mark.parametrize("name", CARRIERS)
def test_of_no_carrier_anything_survives(name: str, tmp_path: Path, key: Path) -> None:
    verdict = said_of(name, tmp_path, key)

    assert verdict.word != LEAKED, (DRAWN, verdict)
    assert verdict.word != REFUSED or name in RARELY_WRITTEN, verdict


@pytest.mark.parametrize("notation", [
    b"\x5d\x12\x34\x56", b"\x56\x34\x12\x5d", b"93.18.52.86", b"86.52.18.93", b"5D123456", b"5d:12:34:56",
    b"1561474134", b"\xa2\xed\xcb\xa9",
])  # fmt: skip
def test_the_search_finds_each_notation(notation: bytes) -> None:
    assert list(Searcher(b"before" + notation + b"behind").found(b"\x5d\x12\x34\x56"))
    assert not list(Searcher(b"before" + notation + b"behind").found(b"\x5d\x12\x34\x57"))


SMALL = attacks.Size(clients=30, servers=4, networks=3, connections=150)


def test_attacks_name_hosts_where_nothing_was_replaced() -> None:
    """Else their numbers would say nothing of what redaction does."""
    draw = np.random.default_rng(DRAWN)
    hosts = attacks.network(draw, SMALL)
    probed = hosts.clients[:5]
    yesterday, today = (attacks.packets_of(attacks.day(draw, hosts, SMALL, of).pcap()) for of in ((), probed))

    done = {one.attack: one for one in attacks.attacked(hosts, yesterday, today, today, probed)}

    assert done["a packet sent to each host"] == ("a packet sent to each host", 5, 5), DRAWN
    assert share(done["counts of today"]) > 0.8, DRAWN
    assert share(done["clock skew"]) > 0.3, DRAWN
    assert share(done["behaviour of yesterday"]) > 0.15, DRAWN  # one in thirty by chance


def share(outcome: attacks.Outcome) -> float:
    assert outcome.of > 0
    return outcome.named / outcome.of


def test_known_limits_of_redaction_are_those_that_are_told(tmp_path: Path) -> None:
    """Ports, sizes, times and prefixes stay: whoever has packets in the capture finds them again."""
    done = {one.attack: one for one in attacks.run(DRAWN, SMALL, tmp_path, 4)}

    assert done["a packet sent to each host"].named == 4, DRAWN
    assert share(done["counts of today"]) > 0.8, DRAWN

"""Two captures of composed connections: which are one, which packets are one, and what became of the others."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import Tape
from two_points import ACK, BEGAN_NS, SYN, Path, World

from tcptui.points.changes import Change
from tcptui.points.fates import Fate
from tcptui.points.merge import merge_captures
from tcptui.session.session import open_file

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

    from tcptui.points.merge import Hop

    Merge = Callable[[World], Hop]

_MS = 1_000_000


@pytest.fixture
def merge(tmp_path: pathlib.Path) -> Merge:
    """A function from a world to what its captures say together."""

    def run(world: World) -> Hop:
        first, second = map(open_file, world.write(tmp_path))
        return merge_captures(first, second)

    return run


def wrong_links(world: World, hop: Hop) -> list[tuple[int, int]]:
    """The frames that are paired and are not one packet, or parts of one."""
    names = world.frames(0), world.frames(1)
    frames = [hop.sides[side].column("frame")[index] for side, index in enumerate((hop.links.a, hop.links.b))]
    pieces = world.path.joins
    return [
        (a, b)
        for a, b in zip(frames[0].tolist(), frames[1].tolist(), strict=True)
        if names[0][a] != names[1][b] and not (names[0][a] <= names[1][b] < names[0][a] + pieces > names[0][a] + 1)
    ]


PATHS = {
    "plain": Path(),
    "offset": Path(offset_ns=-7_200_000 * _MS),
    "translated": Path(translated=True, loss=0.03),
    "renumbered": Path(renumbered=True, translated=True, loss=0.03),
    "cookies": Path(cookies=True, loss=0.03),
    "cookies, cut": Path(cookies=True, stamps=False, numbered=False, snaplen=60),
    "no stamps": Path(stamps=False, loss=0.05),
    "no packet numbers": Path(numbered=False, loss=0.05),
    "neither": Path(stamps=False, numbered=False, loss=0.05),
    "offload": Path(joins=6, loss=0.03),
    "one network": Path(hops=0, there_ns=60_000, back_ns=40_000, jitter_ns=30_000),
    "cut": Path(snaplen=60, loss=0.03),
    "missed": Path(missed_by_b=0.05, missed_by_a=0.02),
    "drift": Path(drift=70e-6, offset_ns=3_000 * _MS),
}


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize("seed", [1, 2])
def test_each_connection_and_packet_is_found_on_the_other_side(merge: Merge, kind: str, seed: int) -> None:
    world = World(PATHS[kind], seed, connections=4)

    hop = merge(world)

    assert len(hop.pairs) == world.connections
    assert hop.pairs.is_same.all()
    assert wrong_links(world, hop) == []
    assert hop.clocks is not None
    at = hop.clocks.at_ns - BEGAN_NS
    offset, slack = world.path.offset_at(at), 1_000 + abs(world.path.drift) * 50 * _MS
    found = hop.clocks.offset
    assert found.low_ns is not None
    assert found.high_ns is not None
    assert found.low_ns - slack <= offset <= found.high_ns + slack
    assert found.high_ns - found.low_ns < 2 * (world.path.there_ns + world.path.back_ns) + 2 * world.path.jitter_ns


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["translated", "no stamps", "neither", "missed"])
def test_what_is_said_of_a_missing_packet_is_true(merge: Merge, kind: str, seed: int) -> None:
    world = World(PATHS[kind], seed, connections=5)

    hop = merge(world)

    told = Counter[tuple[bool, Fate]]()
    for side in (0, 1):
        truth, missing = world.only(side), hop.missing[side]
        frames = hop.sides[side].column("frame")
        found = {int(frames[index]): Fate(int(fate)) for index, fate in zip(missing.index, missing.fate, strict=True)}
        told.update((truth[frame], fate) for frame, fate in found.items())
        beyond = set(frames[missing.outside].tolist())
        assert found.keys() | beyond == truth.keys()
    # A packet that was lost is never called one that a capture missed, and hardly ever the other way round.
    assert told[True, Fate.NOT_CAPTURED] == 0
    if kind != "missed":
        assert told[True, Fate.UNKNOWN] == 0
        assert told[True, Fate.LOST_BETWEEN] > 0
    else:
        assert told[False, Fate.NOT_CAPTURED] > told[False, Fate.UNKNOWN] / 4
        assert told[False, Fate.LOST_BETWEEN] == 0


@pytest.mark.parametrize(
    "path",
    [
        Path(copied=0.06, loss=0.04), Path(copied=0.06, loss=0.04, stamps=False), Path(copied=0.06, joins=4),
        Path(copied=0.06, translated=True, renumbered=True),
    ],
    ids=["stamped", "numbered", "offload", "translated"],
)  # fmt: skip
def test_packets_that_the_path_doubled_are_called_so_and_no_capture_is_blamed(merge: Merge, path: Path) -> None:
    world = World(path, 5, connections=8)

    hop = merge(world)

    for side in (0, 1):
        missing = hop.missing[side]
        frames = hop.sides[side].column("frame")[missing.index]
        told = dict(zip(frames.tolist(), map(Fate, missing.fate.tolist()), strict=True))
        numbers = [number for _, _, number in world.records[side]]
        doubled = {frame for frame in told if numbers.count(numbers[frame - 1]) == 2}
        assert {frame for frame, fate in told.items() if fate is Fate.DUPLICATED} == doubled
        assert len(doubled) > 2
        times = {(side, world.records[side][frame - 1][0]) for frame in doubled}
        assert times <= world.copies, "it is the second one that is the copy"
        assert {told[frame] for frame in told.keys() - doubled} <= {Fate.LOST_BETWEEN}


@pytest.mark.parametrize(
    "path",
    [
        Path(copied=0.06, numbered=False), Path(copied=0.06, numbered=False, stamps=False),
        Path(copied=0.06, numbered=False, number=7), Path(copied_by_a=1.0), Path(copied_by_a=0.5),
        Path(copied=0.06, missed_by_a=0.05),
    ],
    ids=["no packet numbers", "neither", "one number for all", "twice in A", "half of them", "missed too"],
)  # fmt: skip
def test_copies_of_which_nobody_knows_where_they_come_from_are_neither_lost_nor_missed(
    merge: Merge, path: Path
) -> None:
    world = World(path, 5, connections=8)

    hop = merge(world)

    for side in (0, 1):
        missing = hop.missing[side]
        frames = hop.sides[side].column("frame")[missing.index]
        numbers = [number for _, _, number in world.records[side]]
        others = {number for _, _, number in world.records[1 - side]}
        for frame, fate in zip(frames.tolist(), missing.fate.tolist(), strict=True):
            if numbers.count(numbers[frame - 1]) == 2 and numbers[frame - 1] in others:
                assert fate == Fate.UNKNOWN or (fate == Fate.DUPLICATED and path.missed_by_a and side == 0)


def test_ports_used_again_pair_each_connection_with_itself(merge: Merge) -> None:
    world = World(replace(PATHS["translated"], translated=False), 4, connections=30, rounds=1, reuse_ports=True)

    hop = merge(world)

    assert hop.pairs.a.tolist() == hop.pairs.b.tolist() == list(range(30))
    assert wrong_links(world, hop) == []


def test_what_was_changed_on_the_way_is_told_once_for_each_connection(merge: Merge) -> None:
    world = World(Path(translated=True, renumbered=True, mss=1_360, dscp=0, hops=5), 6)

    hop = merge(world)

    for changes in hop.changes:
        found = {one.change: (one.before, one.after) for one in changes}
        assert found.keys() == {
            Change.TTL, Change.ADDRESSES, Change.PORTS, Change.ISN, Change.MSS, Change.DSCP,
        }  # fmt: skip
        assert found[Change.MSS] == (1_460, 1_360)
        assert found[Change.DSCP] == (46, 0)
        assert found[Change.TTL] == (64, 59)


def test_nothing_is_changed_on_one_network(merge: Merge) -> None:
    hop = merge(World(replace(PATHS["one network"], dscp=46), 6))

    assert hop.changes == [[], [], []]


@pytest.mark.parametrize("transparent", [False, True])
def test_proxy_is_two_connections(tmp_path: pathlib.Path, transparent: bool) -> None:
    """Also one that keeps addresses and ports: the bytes are the same, the TCP is not."""
    request, answer = b"GET /a/long/enough/path HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nwhatever it is"
    for name, client, start, isn in (
        ("a", "10.0.0.1:4000", 0, (77_001, 5_000)),
        ("b", "10.0.0.2:5000", 7, (123, 9_456)),
    ):
        client, server = ("10.0.0.1:4000" if transparent else client), "10.0.0.3:80"
        seq, ack = isn
        tape = Tape()
        tape.tcp(start, client, server, SYN, seq)
        tape.tcp(start + 1, server, client, SYN | ACK, ack, seq + 1)
        tape.tcp(start + 2, client, server, ACK, seq + 1, ack + 1, request)
        tape.tcp(start + 3, server, client, ACK, ack + 1, seq + 1 + len(request), answer)
        (tmp_path / name).write_bytes(tape.pcap())

    hop = merge_captures(open_file(tmp_path / "a"), open_file(tmp_path / "b"))

    assert hop.pairs.is_same.tolist() == [False]
    assert len(hop.links.a) == 0
    assert hop.clocks is None


def test_one_scanner_at_two_hosts_is_two_connections(tmp_path: pathlib.Path) -> None:
    """It sends the same SYN to both, and both refuse it with its number."""
    for name, host in (("a", "10.0.0.3:80"), ("b", "10.0.0.4:80")):
        tape = Tape()
        tape.refused(0, "192.0.2.1:4000", host)
        (tmp_path / name).write_bytes(tape.pcap())

    assert len(merge_captures(open_file(tmp_path / "a"), open_file(tmp_path / "b")).pairs) == 0


def test_captures_of_other_traffic_share_nothing(tmp_path: pathlib.Path) -> None:
    worlds = [World(Path(), seed) for seed in (11, 12)]
    first, second = open_file(worlds[0].write(tmp_path)[0]), open_file(worlds[1].write(tmp_path)[1])

    hop = merge_captures(first, second)

    assert not hop.pairs.is_same.any()
    assert hop.clocks is None


def test_pair_that_contradicts_all_others_is_given_up(merge: Merge) -> None:
    world = World(Path(), 8, connections=6)
    # One connection of B is one that was played again an hour later: its numbers are the same.
    ports = [int.from_bytes(data[20:22], "big") for _, data, _ in world.records[1]]
    world.records[1][:] = sorted(
        (when + 3_600_000 * _MS if 40_003 in (port, int.from_bytes(data[22:24], "big")) else when, data, number)
        for port, (when, data, number) in zip(ports, world.records[1], strict=True)
    )

    hop = merge(world)

    assert hop.contradicting == 1
    assert len(hop.pairs) == 5
    assert hop.clocks is not None
    assert hop.clocks.steps == ()


def test_delays_are_counted_from_the_shortest_way(merge: Merge) -> None:
    world = World(replace(PATHS["no packet numbers"], offset_ns=5_000 * _MS), 3)

    there, back = merge(world).delays()

    least = [*there.least_ns.tolist(), *back.least_ns.tolist()]
    assert len(least) == 2 * world.connections
    assert all(0 <= one < 6 * _MS for one in least)
    assert np.isclose(min(least), 0, atol=20_000)


def test_secret_of_the_process_changes_nothing(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are drawn anew in each process: neither the order of links nor what the clocks are told to be is theirs."""
    files = World(Path(loss=0.03), 3, connections=4, rounds=12).write(tmp_path)
    told = set()
    for secret in range(6):
        monkeypatch.setattr("tcptui.points.keys._SECRET", np.array([2 * secret + 1, 7919 * secret + 3], np.uint64))
        hop = merge_captures(open_file(files[0]), open_file(files[1]))
        assert hop.clocks is not None
        told.add((hop.links.a.tobytes(), hop.links.b.tobytes(), hop.clocks.at_ns, hop.clocks.offset))

    assert len(told) == 1

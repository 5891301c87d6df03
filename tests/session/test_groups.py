"""Connections in groups: who is in which, totals, the worst, and the filter that says the same."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from tcptui.dfilter.compile import compile_filter
from tcptui.model.finding import FindingId, Severity
from tcptui.model.packet_store import RowKind
from tcptui.session.filtering.run import FilterRun
from tcptui.session.groups import Group, GroupBy, Grouping, GroupKey, GroupSort, group_connections, worst_of
from tcptui.session.session import Session, open_file
from tests.ui.conftest import Wire

if TYPE_CHECKING:
    from pathlib import Path

WEB, MAIL = "192.0.2.10:80", "192.0.2.10:25"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Three clean connections to one server, one refused by another port of it, one lossy to another host."""
    wire = Wire()
    wire.clean(0, "10.0.0.1:40001", WEB)
    wire.clean(1000, "10.0.0.2:40002", WEB)
    wire.clean(2000, "10.0.0.1:40003", WEB)
    wire.refused(3000, "10.0.0.1:40004", MAIL)
    wire.refused(4000, "10.0.0.2:40005", "192.0.2.11:80")
    return open_file(wire.pcap(tmp_path / "five.pcap"))


def groups(session: Session, by: GroupBy, sort: GroupSort = GroupSort.CONNECTIONS) -> dict[GroupKey, Group]:
    return {group.key: group for group in group_connections(session, by, sort).groups}


def test_server_is_an_address_and_a_port(session: Session) -> None:
    found = groups(session, GroupBy.SERVER)

    assert [(key.hosts, key.port, group.connections) for key, group in found.items()] == [
        (("192.0.2.10",), 80, 3), (("192.0.2.10",), 25, 1), (("192.0.2.11",), 80, 1),
    ]  # fmt: skip
    web, mail = found[GroupKey(("192.0.2.10",), 80)], found[GroupKey(("192.0.2.10",), 25)]
    assert (web.errors, web.warnings, web.lost_ns) == (0, 0, 0)
    assert (mail.errors + mail.warnings, mail.worst) == (1, 3)


def test_port_host_and_pair(session: Session) -> None:
    assert {key.port: group.connections for key, group in groups(session, GroupBy.PORT).items()} == {80: 4, 25: 1}
    assert {key.hosts[0]: group.connections for key, group in groups(session, GroupBy.HOST).items()} == {
        "10.0.0.1": 3, "10.0.0.2": 2, "192.0.2.10": 4, "192.0.2.11": 1,
    }  # fmt: skip
    assert {key.hosts: group.connections for key, group in groups(session, GroupBy.PAIR).items()} == {
        ("10.0.0.1", "192.0.2.10"): 3, ("10.0.0.2", "192.0.2.10"): 1, ("10.0.0.2", "192.0.2.11"): 1,
    }  # fmt: skip


def test_pair_does_not_depend_on_who_is_the_client(tmp_path: Path) -> None:
    wire = Wire()
    wire.handshake(0, "10.0.0.1:40001", "10.0.0.2:80")
    wire.handshake(1000, "10.0.0.2:40001", "10.0.0.1:80")
    found = groups(open_file(wire.pcap(tmp_path / "both.pcap")), GroupBy.PAIR)

    assert [(key.hosts, group.connections) for key, group in found.items()] == [(("10.0.0.1", "10.0.0.2"), 2)]
    assert compile_filter(next(iter(found.values())).filter)


def test_host_that_talks_to_itself_is_there_once(tmp_path: Path) -> None:
    wire = Wire()
    wire.handshake(0, "127.0.0.1:40001", "127.0.0.1:80")
    session = open_file(wire.pcap(tmp_path / "self.pcap"))

    assert [group.connections for group in groups(session, GroupBy.HOST).values()] == [1]
    assert [key.hosts for key in groups(session, GroupBy.PAIR)] == [("127.0.0.1", "127.0.0.1")]


def test_connection_is_in_the_group_of_each_warning_and_error_that_it_has(session: Session) -> None:
    found = groups(session, GroupBy.FINDING)

    refused = found[GroupKey(finding=FindingId.CONNECTION_REFUSED)]
    assert refused.connections == 2
    above_note = {stream: {each.id for each in findings if each.severity > Severity.NOTE}
            for stream, findings in session.above_note().items()}  # fmt: skip
    assert {key.finding for key in found} == set().union(*above_note.values())


def test_worst_connection_comes_first_then_the_others_in_order(session: Session) -> None:
    grouping = group_connections(session, GroupBy.HOST, GroupSort.CONNECTIONS)
    by_host = {group.key.hosts[0]: grouping.streams(place) for place, group in enumerate(grouping.groups)}

    assert by_host["192.0.2.10"] == (3, 0, 1, 2)
    assert by_host["10.0.0.1"] == (3, 0, 2)


def test_worst_are_the_most_severe_then_the_costliest(tmp_path: Path) -> None:
    wire = Wire()
    wire.clean(0, "10.0.0.1:40001", WEB)
    wire.clean(500, "10.0.0.1:40002", WEB)
    reset = "10.0.0.1:40003"  # a warning that costs no time
    wire.handshake(1000, reset, WEB)
    wire.tcp(1041, reset, WEB, 24, 1001, 9001, payload=b"GET / HTTP/1.1\r\n\r\n")
    wire.tcp(1080, WEB, reset, 20, 9001, 1019)
    wire.refused(2000, "10.0.0.1:40004", WEB)
    session = open_file(wire.pcap(tmp_path / "four.pcap"))
    session.above_note()
    grouping = group_connections(session, GroupBy.SERVER, GroupSort.LOST)
    severity = session.severity[:4].tolist()

    assert severity == [Severity.NOTE, Severity.NOTE, Severity.WARNING, Severity.ERROR]
    assert worst_of(session, grouping.members(0), 4) == [3, 2, 0, 1]
    assert worst_of(session, grouping.members(0), 2) == [3, 2]


@pytest.mark.parametrize("sort", GroupSort)
def test_order_is_that_of_the_sort_key(session: Session, sort: GroupSort) -> None:
    value = {
        GroupSort.LOST: lambda group: (group.lost_ns, group.errors, group.warnings),
        GroupSort.CONNECTIONS: lambda group: group.connections,
        GroupSort.BYTES: lambda group: group.wire_bytes,
        GroupSort.BYTES_FORTH: lambda group: group.bytes_forth,
        GroupSort.BYTES_BACK: lambda group: group.bytes_back,
        GroupSort.PACKETS: lambda group: group.packets,
    }[sort]
    for by in GroupBy:
        values = [value(group) for group in group_connections(session, by, sort).groups]
        assert values == sorted(values, reverse=True)


def test_sort_keys_and_kinds_come_round() -> None:
    seen = [GroupSort.LOST]
    for _ in GroupSort:
        seen.append(seen[-1].following())
    assert seen == [*GroupSort, GroupSort.LOST]


@pytest.mark.parametrize("by", GroupBy)
def test_every_filter_is_one_that_compiles(session: Session, by: GroupBy) -> None:
    for group in group_connections(session, by, GroupSort.LOST).groups:
        assert compile_filter(group.filter).test is not None


@pytest.mark.parametrize("by", [by for by in GroupBy if by is not GroupBy.FINDING])
def test_filter_of_a_group_passes_all_packets_of_its_connections_and_no_other(session: Session, by: GroupBy) -> None:
    grouping = group_connections(session, by, GroupSort.LOST)
    for place, group in enumerate(grouping.groups):
        passed = FilterRun(session, compile_filter(group.filter)).matching(0, session.store.count)
        assert set(session.store.stream[: session.store.count][passed].tolist()) == set(grouping.streams(place))
        assert passed.sum() == group.packets


def test_filter_of_a_finding_passes_its_evidence(session: Session) -> None:
    grouping = group_connections(session, GroupBy.FINDING, GroupSort.LOST)
    for place, group in enumerate(grouping.groups):
        passed = FilterRun(session, compile_filter(group.filter)).matching(0, session.store.count)
        assert set(session.store.stream[: session.store.count][passed].tolist()) == set(grouping.streams(place))


@pytest.mark.parametrize("by", GroupBy)
def test_capture_without_connections_has_no_groups(tmp_path: Path, by: GroupBy) -> None:
    assert group_connections(open_file(Wire().pcap(tmp_path / "none.pcap")), by, GroupSort.LOST).groups == ()


@pytest.mark.parametrize("seed", range(4))
def test_totals_are_those_of_the_connections_one_by_one(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    wire = Wire()
    for number in range(60):
        host, other = rng.choice(("10.0.0.1", "10.0.0.2", "10.1.0.1")), rng.choice(("10.0.0.2", "192.0.2.9"))
        kind = rng.choice((wire.clean, wire.refused, wire.handshake))
        kind(1000 * number, f"{host}:{41000 + number}", f"{other}:{rng.choice((80, 443))}")
    session = open_file(wire.pcap(tmp_path / "many.pcap"))
    streams = session.streams
    wanted: dict[GroupBy, dict[GroupKey, list[int]]] = {by: defaultdict(list) for by in GroupBy}
    for stream in range(streams.count):
        client, server = streams.ends(stream)
        wanted[GroupBy.SERVER][GroupKey((server.host,), server.port)].append(stream)
        wanted[GroupBy.PORT][GroupKey(port=server.port)].append(stream)
        for host in {client.host, server.host}:
            wanted[GroupBy.HOST][GroupKey((host,))].append(stream)
        pair = sorted((client, server), key=lambda end: end.address)
        wanted[GroupBy.PAIR][GroupKey(tuple(end.host for end in pair))].append(stream)
    for stream, findings in session.above_note().items():
        for name in {each.id for each in findings if each.severity > Severity.NOTE}:
            wanted[GroupBy.FINDING][GroupKey(finding=name)].append(stream)

    for by in GroupBy:
        grouping = group_connections(session, by, GroupSort.LOST)
        assert {group.key for group in grouping.groups} == set(wanted[by])
        for place, group in enumerate(grouping.groups):
            check(session, grouping, place, group, sorted(wanted[by][group.key]))


def sent_by(session: Session, group: Group, members: list[int], by: GroupBy) -> dict[bool, list[int]]:
    """Packets and bytes of ``members`` by whether they count as sent, one packet after the other."""
    store, sums = session.store, {True: [0, 0], False: [0, 0]}
    for row in range(store.count):
        stream = int(store.stream[row])
        if stream in members and store.kind[row] == RowKind.TCP:
            client, server = session.streams.ends(stream)
            by_client = bool(store.from_b[row]) == bool(session.streams.client_is_b[stream])
            sender = client if by_client else server
            named = by in (GroupBy.HOST, GroupBy.PAIR) and client.host != server.host
            forth = sender.host == group.key.hosts[0] if named else by_client
            sums[forth][0] += 1
            sums[forth][1] += int(store.wire_length[row])
    return sums


def check(session: Session, grouping: Grouping, place: int, group: Group, members: list[int]) -> None:
    streams, severity = session.streams, [int(session.severity[stream]) for stream in members]
    assert sorted(grouping.streams(place)) == members
    assert group.connections == len(members)
    assert group.packets == sum(int(streams.packets[stream]) for stream in members)
    assert group.wire_bytes == sum(int(streams.wire_bytes[stream]) for stream in members)
    assert group.lost_ns == sum(int(session.lost_ns[stream]) for stream in members)
    assert group.errors == severity.count(Severity.ERROR)
    assert group.warnings == severity.count(Severity.WARNING)
    assert int(session.severity[group.worst]) == max(severity)
    sent = sent_by(session, group, members, grouping.by)
    assert [group.packets_forth, group.bytes_forth] == sent[True]
    assert [group.packets_back, group.bytes_back] == sent[False]
    assert group.packets_forth + group.packets_back == group.packets
    assert group.bytes_forth + group.bytes_back == group.wire_bytes


def test_directions_are_counted_in_blocks_as_at_once(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [group_connections(session, by, GroupSort.LOST).groups for by in GroupBy]
    monkeypatch.setattr("tcptui.session.groups._BLOCK", 3)

    assert [group_connections(session, by, GroupSort.LOST).groups for by in GroupBy] == whole

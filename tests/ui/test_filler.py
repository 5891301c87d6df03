from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.session.groups import GroupBy, GroupSort, Talker, busiest_hosts, group_connections
from tcptui.ui.filler.table import ROOM_LEAST, Part, lines_of

if TYPE_CHECKING:
    from tcptui.session.session import Session

ALL = {Part.PACKETS: 30, Part.TALKERS: 6, Part.TRAFFIC: 8}


@pytest.mark.parametrize(
    ("room", "wanted", "lines"),
    [
        (ROOM_LEAST - 1, ALL, {}),
        (ROOM_LEAST, ALL, {Part.PACKETS: 5}),
        (10, ALL, {Part.PACKETS: 10}),
        (12, ALL, {Part.PACKETS: 6, Part.TALKERS: 6}),
        (60, ALL, {Part.PACKETS: 30, Part.TALKERS: 6, Part.TRAFFIC: 24}),
        (30, {Part.PACKETS: 4, Part.TRAFFIC: 8}, {Part.PACKETS: 4, Part.TRAFFIC: 26}),
        (30, {Part.PACKETS: 4, Part.TRAFFIC: 0}, {Part.PACKETS: 4}),
        (9, {}, {}),
        (ROOM_LEAST, {Part.TRAFFIC: 8}, {Part.TRAFFIC: 5}),
        (ROOM_LEAST - 1, {Part.TRAFFIC: 8}, {}),
    ],
)
def test_lines_are_shared_by_what_needs_them_and_the_rest_is_the_traffics(
    room: int, wanted: dict[Part, int], lines: dict[Part, int]
) -> None:
    assert lines_of(room, wanted) == lines


def test_busiest_hosts_are_the_groups_of_hosts_with_the_most_bytes(mixed_session: Session) -> None:
    groups = group_connections(mixed_session, GroupBy.HOST, GroupSort.BYTES).groups
    expected = [Talker(group.key.hosts[0], group.connections, group.packets, group.wire_bytes) for group in groups]

    assert busiest_hosts(mixed_session, 100) == tuple(expected)
    assert busiest_hosts(mixed_session, 2) == tuple(expected[:2])

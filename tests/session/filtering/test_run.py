"""Display filters over the packets of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import mixed

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.errors import FilterError, Mistake
from tcptui.model.field import Reader
from tcptui.model.fields import FIELDS, ROWS
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.run import FilterRun, is_readable
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    pass


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    path = tmp_path_factory.mktemp("filtering") / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    return open_file(path)


def passing(session: Session, text: str) -> list[int]:
    found = FilterRun(session, compile_filter(text)).matching(0, session.store.count)
    return session.store.frame[: session.store.count][found].tolist()


def test_the_empty_filter_passes_everything(session: Session) -> None:
    assert len(passing(session, "")) == session.store.count


def test_existence_is_not_truth(session: Session) -> None:
    assert len(passing(session, "tcp.flags.syn")) == len(passing(session, "tcp"))
    assert 0 < len(passing(session, "tcp.flags.syn == 1")) < len(passing(session, "tcp"))


def test_not_equal_leaves_out_packets_without_the_field(session: Session) -> None:
    differing, others = passing(session, "tcp.port != 80"), passing(session, "not tcp.port == 80")

    assert set(differing) == set(others) & set(passing(session, "tcp"))
    assert set(others) - set(differing) == set(passing(session, "not tcp"))


@pytest.mark.parametrize("text", [
    "tcp.len > 0 and tcp.flags.ack == 1", "tcp.flags & 2", "tcp.srcport == 80 or udp", "not (udp or icmp)",
    "tcp.dstport - 80 == 0", "ip.src == 10.0.0.0/8",
])  # fmt: skip
def test_joined_tests_are_what_their_parts_say(session: Session, text: str) -> None:
    """Asked packet by packet, as the columns and the tree say, the filter gives the same."""
    run, count = FilterRun(session, compile_filter(text)), session.store.count
    whole = run.matching(0, count)

    assert [bool(run.matching(row, row + 1)[0]) for row in range(count)] == whole.tolist()
    assert whole.any()
    assert run.of_rows(np.arange(0, count, 2, dtype=np.int32)).tolist() == whole[::2].tolist()


def test_a_field_that_nothing_reads_is_refused(session: Session) -> None:
    unread = next(field for field in ROWS if field.source is Reader.UNREAD)

    with pytest.raises(FilterError) as caught:
        FilterRun(session, compile_filter(f"tcp or {unread.name}"))

    assert caught.value.mistake is Mistake.UNREAD_FIELD
    assert (caught.value.span.offset, caught.value.span.length) == (7, len(unread.name))


def test_every_field_is_read_by_somebody_or_refused() -> None:
    unread = {field.name for field in ROWS if not is_readable(field)}

    assert unread == {field.name for field in ROWS if field.source is Reader.UNREAD}


def test_somebody_who_cancels_is_heard(session: Session) -> None:
    with pytest.raises(Cancelled):
        FilterRun(session, compile_filter("ip.ttl == 64")).matching(0, session.store.count, cancelled=lambda: True)


def test_progress_ends_with_the_last_row(session: Session) -> None:
    told: list[int] = []
    FilterRun(session, compile_filter("tcp")).matching(0, session.store.count, progress=told.append)

    assert told[-1] == session.store.count


def test_values_are_printed_as_tshark_prints_them(session: Session) -> None:
    reader, rows = FieldReader(session), np.array([0], np.int32)

    assert reader.texts(FIELDS["frame.number"], rows) == [["1"]]
    assert reader.texts(FIELDS["tcp.flags"], rows) == [["0x0002"]]
    assert reader.texts(FIELDS["tcp.port"], rows) == [[str(port) for port in ports(session, 0)]]


def ports(session: Session, row: int) -> list[int]:
    sender = int(session.store.from_b[row])
    ends = session.flows.endpoints(int(session.store.flow[row]))
    return [ends[sender].port, ends[1 - sender].port]


def test_each_test_is_explained_by_itself(session: Session) -> None:
    run, count = FilterRun(session, compile_filter("tcp.port != 80 and udp")), session.store.count
    unequal, datagram = run.explained(0, count)

    assert unequal.matched == len(passing(session, "tcp.port != 80"))
    assert unequal.lacking == {FIELDS["tcp.port"]: count - len(passing(session, "tcp"))}
    assert datagram.matched == len(passing(session, "udp"))
    assert datagram.lacking == {FIELDS["udp"]: count - datagram.matched}

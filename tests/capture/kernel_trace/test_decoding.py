"""Trace events as several kernels lay them out become records; damaged ones are counted, unknown ones left out."""

from __future__ import annotations

import random
import struct
from typing import Any

import numpy as np
import pytest
from seeds import seed
from trace_events import FORMATS, SOFTIRQ, event, formats_of, mapped, page, reason

from tcptui.capture.kernel_trace.clock import Offset, measure
from tcptui.capture.kernel_trace.decoder import Decoder
from tcptui.capture.kernel_trace.formats import parse_format
from tcptui.capture.kernel_trace.pages import parse_page_layout, read_page
from tcptui.model.kernel_event import RECORD, KernelCause, KernelEventKind

VERSIONS = ("5.10", "5.15", "6.18")
ENDS = ("192.0.2.1", 40000, "198.51.100.2", 443)
ENDS_6 = ("2001:db8::1", 40000, "2001:db8::2", 443)
AT_ZERO = Offset(0, 0)
LAYOUT = parse_page_layout((FORMATS / "6.18" / "header_page").read_text())


def decoded(version: str, *events: bytes, decoder: Decoder | None = None, offset: Offset = AT_ZERO) -> Any:
    decoder = decoder or Decoder(formats_of(version))
    return np.frombuffer(decoder.records([(1000 + n, one) for n, one in enumerate(events)], offset), RECORD)


def ends_of(record: Any) -> tuple[bytes, int, bytes, int]:
    return bytes(record["source"]), int(record["source_port"]), bytes(record["target"]), int(record["target_port"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("ends", [ENDS, ENDS_6])
def test_retransmission_has_its_ends_whichever_the_kernel(version: str, ends: tuple[str, int, str, int]) -> None:
    (record,) = decoded(version, event(formats_of(version), "tcp_retransmit_skb", ends, state=1, skaddr=7))

    assert KernelEventKind(record["kind"]) is KernelEventKind.RETRANSMIT
    assert ends_of(record) == (mapped(ends[0]), ends[1], mapped(ends[2]), ends[3])
    assert KernelCause(record["cause"]) is KernelCause.UNKNOWN, "nothing was heard of its congestion state"


@pytest.mark.parametrize("version", VERSIONS)
def test_syn_of_any_kernel_is_sent_again_by_a_timer(version: str) -> None:
    (record,) = decoded(version, event(formats_of(version), "tcp_retransmit_skb", ENDS, state=2, skaddr=7))

    assert KernelCause(record["cause"]) is KernelCause.RTO


@pytest.mark.parametrize(
    ("state", "cause"),
    [(0, KernelCause.TAIL_LOSS_PROBE), (1, KernelCause.TAIL_LOSS_PROBE), (3, KernelCause.FAST_RECOVERY),
     (4, KernelCause.RTO)],
)  # fmt: skip
def test_congestion_state_tells_the_cause(state: int, cause: KernelCause) -> None:
    formats = formats_of("6.18")
    records = decoded(
        "6.18",
        event(formats, "tcp_cong_state_set", ENDS, skaddr=7, cong_state=state),
        event(formats, "tcp_cong_state_set", ("192.0.2.9", 1, "198.51.100.2", 443), skaddr=8, cong_state=2),
        event(formats, "tcp_retransmit_skb", ENDS, state=1, skaddr=7),
    )

    assert KernelCause(records[-1]["cause"]) is cause


def test_new_connection_is_open_and_a_later_socket_at_the_same_place_is_another() -> None:
    formats = formats_of("6.18")
    other = ("192.0.2.1", 40001, "198.51.100.2", 443)
    records = decoded(
        "6.18",
        event(formats, "inet_sock_set_state", ENDS, skaddr=7, newstate=2, protocol=6, common_pid=77),
        event(formats, "inet_sock_set_state", ENDS, skaddr=7, newstate=1, protocol=6, common_pid=3),
        event(formats, "tcp_retransmit_skb", ENDS, state=1, skaddr=7),
        event(formats, "tcp_retransmit_skb", other, state=1, skaddr=7),
    )

    assert [int(one["pid"]) for one in records] == [77, 0, 0], "of the process that called connect()"
    assert not len(decoded("6.18", event(formats, "inet_sock_set_state", ENDS, skaddr=7, newstate=7)))
    assert [KernelCause(one["cause"]) for one in records[1:]] == [KernelCause.TAIL_LOSS_PROBE, KernelCause.UNKNOWN]
    assert records[0]["socket"] == records[1]["socket"] != records[2]["socket"]


def test_reset_tells_its_reason_where_the_kernel_has_one() -> None:
    new = formats_of("6.18")
    (record,) = decoded(
        "6.18", event(new, "tcp_send_reset", ENDS, reason=reason(new, "tcp_send_reset", "TCP_ABORT_ON_CLOSE"))
    )
    (old,) = decoded("5.15", event(formats_of("5.15"), "tcp_send_reset", ENDS, skaddr=7))

    assert record["reason"] == b"TCP_ABORT_ON_CLOSE"
    assert ends_of(record) == ends_of(old) == (mapped(ENDS[0]), 40000, mapped(ENDS[2]), 443)
    assert old["reason"] == b""


def test_drop_is_of_the_packet_that_another_event_named() -> None:
    formats = formats_of("6.18")
    why = reason(formats, "kfree_skb", "NO_SOCKET")
    records = decoded(
        "6.18",
        event(formats, "tcp_send_reset", ENDS, skbaddr=99, reason=1),
        event(formats, "kfree_skb", skbaddr=99, reason=why, common_flags=SOFTIRQ),
        event(formats, "kfree_skb", skbaddr=99, reason=why),
    )

    drop, elsewhere = records[1], records[2]
    assert (KernelEventKind(drop["kind"]), drop["reason"], drop["softirq"]) == (KernelEventKind.DROP, b"NO_SOCKET", 1)
    assert ends_of(drop) == (mapped(ENDS[2]), 443, mapped(ENDS[0]), 40000), "it came from the peer"
    assert (elsewhere["kind"], elsewhere["value"]) == (KernelEventKind.ELSEWHERE, 1), "an address is used again"


def test_drop_is_of_the_connection_of_its_socket() -> None:
    formats = formats_of("6.18")
    records = decoded(
        "6.18",
        event(formats, "inet_sock_set_state", ENDS, skaddr=7, newstate=1),
        event(formats, "kfree_skb", skbaddr=1, rx_sk=7, reason=reason(formats, "kfree_skb", "TCP_OVERWINDOW")),
        event(formats, "kfree_skb", skbaddr=2, rx_sk=8, reason=reason(formats, "kfree_skb", "TCP_OVERWINDOW")),
    )

    assert ends_of(records[0])[0] == mapped(ENDS[2])
    assert [KernelEventKind(one["kind"]) for one in records] == [KernelEventKind.DROP, KernelEventKind.ELSEWHERE]


def test_reason_without_a_name_is_its_number() -> None:
    formats = formats_of("6.18")
    (record,) = decoded("6.18", event(formats, "tcp_send_reset", ENDS, reason=4711))

    assert record["reason"] == b"4711"


def test_no_pointer_of_the_kernel_is_written() -> None:
    formats, pointer = formats_of("6.18"), 0xFFFF_8881_2345_6789
    events = [
        event(formats, layout.name, ENDS, skbaddr=pointer, skaddr=pointer, rx_sk=pointer, newstate=1)
        for layout in formats.values()
    ]
    written = decoded("6.18", *events).tobytes()

    assert struct.pack("<Q", pointer)[:4] not in written
    assert struct.pack("<Q", pointer)[4:] not in written


def test_time_is_the_middle_of_the_offset_and_its_slack_reaches_both_ends() -> None:
    (record,) = decoded(
        "6.18", event(formats_of("6.18"), "tcp_receive_reset", ENDS, skaddr=1), offset=Offset(10_000, 10_501)
    )

    low, high = record["time_ns"] - int(record["slack_ns"]), record["time_ns"] + int(record["slack_ns"])
    assert low <= 11_000 and high >= 11_501  # noqa: PT018  one interval


def test_offset_is_an_interval_and_grows_to_hold_another() -> None:
    now = measure()

    assert now.low <= now.high
    assert Offset(1, 2).hull(Offset(-5, 1)) == (-5, 2)


def test_cut_event_is_counted_and_an_unknown_one_is_left_out() -> None:
    decoder = Decoder(formats_of("6.18"))
    whole = event(formats_of("6.18"), "tcp_retransmit_skb", ENDS, state=1)
    records = decoded("6.18", whole[:40], b"\x01", struct.pack("=H", 9999) + bytes(40), decoder=decoder)

    assert len(records) == 0
    assert decoder.malformed == 2


@pytest.mark.parametrize("text", ["", "name: x\n", "name: x\nID: 5\nformat:\n", "\x1b[31mname: x\nID: y\n", "{" * 9000])
def test_what_is_no_format_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="trace event"):
        parse_format(text)


def test_page_is_cut_into_its_events_over_any_pause() -> None:
    events = [(5_000, b"a" * 8), (5_001, b"b" * 120), (5_001 + (1 << 40), b"c" * 4)]
    found = read_page(page(5_000, events), LAYOUT)

    assert found.lost == 0
    assert found.events == events


@pytest.mark.parametrize(("stored", "lost"), [(0, 1), (1234, 1234)])
def test_page_tells_what_was_lost_before_it(stored: int, lost: int) -> None:
    assert read_page(page(1, [(1, b"abcd")], lost=stored), LAYOUT).lost == lost


def test_damaged_page_is_refused_or_read_and_nothing_else() -> None:
    chance = random.Random(seed(5418))
    whole = page(5_000, [(5_000 + n, bytes(8 + 4 * n)) for n in range(20)], lost=3)
    refused = 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(400)] = chance.randrange(256)
        try:
            found = read_page(bytes(data[: chance.choice((4096, 4096, 4096, 300, 12))]), LAYOUT)
        except ValueError:
            refused += 1
        else:
            assert len(found.events) < 4096 / 4
    assert refused


def test_unknown_page_header_is_refused() -> None:
    with pytest.raises(ValueError, match="header of a page"):
        parse_page_layout("field: u64 when;\toffset:0;\tsize:8;\tsigned:0;\n")
    with pytest.raises(ValueError, match="unknown header"):
        parse_page_layout((FORMATS / "6.18" / "header_page").read_text().replace("size:8", "size:4"))

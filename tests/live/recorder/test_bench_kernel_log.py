"""Resends for which the kernel printed no call stack."""

from __future__ import annotations

import pytest

from cases.recorder.account import Account, Passing
from cases.recorder.kernel_log import KernelLog
from cases.recorder.namespaces import Address, End
from cases.recorder.segment import Flag, crafted, repaired
from cases.recorder.tracing import TraceEvent

LINK_TASK = 4711
IDLE = 0
ADDRESSES = {end: Address(end, 0) for end in End}
LIKE = repaired(
    bytes.fromhex("0200000900020200000900010800")
    + bytes.fromhex("4500002800074000400600000a0900010a090002")
    + bytes.fromhex("9c401f9000000064000000015010010000000000")
)
SOCKET = {"family": "AF_INET", "saddr": "10.9.0.1", "daddr": "10.9.0.2", "sport": "40000", "dport": "8080"}


class Story:
    """Trace events of a client, with the frames they stand for."""

    def __init__(self) -> None:
        self.events: list[TraceEvent] = []
        self.account = Account({end: [] for end in End}, {}, {})

    def frame(self, frame: bytes, sent: bool, task: int) -> Story:
        number = len(self.account.passings[End.CLIENT]) + 1
        passing = Passing(End.CLIENT, sent, number - 1, len(self.events), frame, True, number)
        self.account.passings[End.CLIENT].append(passing)
        self.account.by_event[len(self.events)] = passing
        name = "net_dev_start_xmit" if sent else "netif_receive_skb"
        self.events.append(TraceEvent(len(self.events), 0, task, name, {}))
        return self

    def says(self, name: str, task: int, **fields: str) -> Story:
        self.events.append(TraceEvent(len(self.events), 0, task, name, SOCKET | fields))
        return self

    def log(self) -> list[dict[str, object]]:
        return KernelLog(self.account, ADDRESSES, 0).read(self.events)


def data(length: int = 100, seq: int = 100) -> bytes:
    return crafted(LIKE, flags=Flag.ACK, seq=seq, payload=bytes(length))


def acknowledgment(window: int) -> bytes:
    return crafted(LIKE, flags=Flag.ACK, seq=1, ack=200, window=window, reverse=True)


@pytest.mark.parametrize(
    ("state", "task", "why"),
    [
        ("0", IDLE, "tail-loss-probe"),
        ("4", IDLE, "rto"),
        ("3", IDLE, "fast-recovery"),
        ("1", LINK_TASK, "fast-recovery"),
    ],
)
def test_resend_without_a_stack_is_told_by_the_congestion_state(state: str, task: int, why: str) -> None:
    story = Story().frame(data(), True, 99).frame(acknowledgment(500), False, LINK_TASK)
    story.says("tcp_cong_state_set", task, cong_state=state).frame(data(), True, task)

    entries = story.says("tcp_retransmit_skb", task, err="0").log()

    assert [entry["why"] for entry in entries if entry["kind"] == "retransmit"] == [why]


def test_time_out_against_a_closed_window_is_a_probe() -> None:
    story = Story().frame(data(), True, 99).frame(acknowledgment(0), False, LINK_TASK)
    story.says("tcp_cong_state_set", IDLE, cong_state="4").frame(data(), True, IDLE)

    entries = story.says("tcp_retransmit_skb", IDLE, err="0").log()

    assert entries[-1]["why"] == "zero-window-probe"


@pytest.mark.parametrize(("window", "why"), [(500, "keep-alive"), (0, "zero-window-probe")])
def test_empty_segment_below_the_last_byte_sent_is_a_probe(window: int, why: str) -> None:
    story = Story().frame(data(), True, 99).frame(acknowledgment(window), False, LINK_TASK)

    entries = story.frame(data(0, seq=199), True, IDLE).log()

    assert [(entry["kind"], entry["why"]) for entry in entries] == [("probe", why)]


def test_segment_that_could_not_leave_is_no_resend() -> None:
    story = Story().frame(data(), True, 99)

    assert story.says("tcp_retransmit_skb", IDLE, err="-113").log() == []

"""What is drawn for compositions, and what their truths conclude from packets; needs no root."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cases.recorder.namespaces import End
from cases.recorder.segment import Flag, Layout, Segment, crafted, parse
from tcptui.findings.catalog import CATALOG
from tcptui.findings.spec import Family
from tests.campaigns.compose import faults, meddling
from tests.campaigns.compose.capture_faults import CaptureFaultKind
from tests.campaigns.compose.draw import compose
from tests.campaigns.compose.middlebox import acknowledging, renumbered
from tests.campaigns.compose.packet import LAST, Packet
from tests.campaigns.compose.plan import Kind
from tests.campaigns.compose.report import wilson_lower
from tests.campaigns.compose.truth import Answer, Question
from tests.campaigns.compose.truth_loss import retransmission_timeout, spurious_retransmission, tail_loss
from tests.campaigns.compose.truth_table import TRUTHS
from tests.campaigns.compose.world import Talk, World

MS = 1_000_000


def segment(length: int, flags: Flag = Flag.ACK) -> Segment:
    return Segment(Layout(14, 34, 54, 54 + length, ipv6=False), 40000, 8080, 0, 0, flags, 500, length, 54 + length)


def sent(frame: int, at_ms: int, begin: int, length: int, arrived: int = 0, why: str = "") -> Packet:
    """A data segment of the client; ``arrived``: its frame at the server, 0 where it was lost."""
    return Packet(
        sender=End.CLIENT,
        receiver=End.SERVER,
        sent=frame,
        sent_ns=at_ms * MS,
        arrived=(arrived,) if arrived else (),
        arrived_ns=((at_ms + 10) * MS,) if arrived else (),
        dropped="" if arrived else "drop: chosen",
        rules=(),
        segment=segment(length),
        bits=16,
        marked=False,
        options=frozenset(),
        options_arrived=frozenset(),
        begin=begin,
        end=begin + length,
        why=why,
    )


def question(packets: list[Packet], told: tuple[int, ...] = ()) -> Question:
    about = {"parameters": {"composition": {"faults": []}}, "sysctls": {"client": {}, "server": {}}}
    established = [
        {"time_ns": 1, "end": end.value, "from": "SYN-SENT", "to": "ESTABLISHED", "by": "packet"} for end in End
    ]
    talk = Talk(0, 40000, 8080, packets, established)
    frames = frozenset(packet.sent for packet in packets)
    return Question(World(Path(), about, (talk,), {}), talk, End.CLIENT, frames, told=frozenset(told))


def test_a_number_always_composes_the_same() -> None:
    assert compose(17) == compose(17)
    assert compose(17) != compose(18)


def test_every_kind_of_conversation_and_fault_is_drawn() -> None:
    drawn = [compose(number) for number in range(1_500)]

    kinds = {talk.kind for each in drawn for talk in each.conversations}
    names = {fault.name for each in drawn for fault in each.faults}
    makers = [value for value in (vars(faults) | vars(meddling)).values() if isinstance(value, type)]
    known = {value.name for value in makers if "rules" in vars(value) and hasattr(value, "name")}
    assert kinds == set(Kind)
    assert names == known
    assert {each.capture_fault.kind for each in drawn if each.capture_fault} == set(CaptureFaultKind)
    assert sum(not each.faults for each in drawn) > 250


def test_every_finding_but_those_of_protocols_has_a_truth() -> None:
    # Those about the whole capture are no connection's: scenarios of their own show them.
    others = {Family.APPLICATION, Family.CAPTURE}

    assert {spec.id for spec in CATALOG if spec.family not in others} <= set(TRUTHS)


def test_a_time_out_is_one_where_the_kernel_says_so() -> None:
    packets = [sent(1, 0, 1, 100), sent(2, 300, 1, 100, arrived=1, why="rto")]

    assert retransmission_timeout(question(packets)).answer is Answer.TRUE
    assert retransmission_timeout(question(packets[:1])).answer is Answer.FALSE


def test_what_the_link_made_passed_the_interface_of_its_receiver_alone() -> None:
    made = replace(sent(0, 5, 0, 0, arrived=7), sender=None)

    assert (made.frames_at(End.SERVER), made.frames_at(End.CLIENT)) == ((7,), ())
    assert (made.time_at(End.SERVER), made.time_at(End.CLIENT)) == (15 * MS, LAST)


def test_the_frames_that_a_finding_names_decide() -> None:
    packets = [
        sent(1, 0, 1, 100),
        sent(2, 1, 101, 100, arrived=1),
        sent(3, 300, 1, 100, arrived=2, why="rto"),
        sent(4, 301, 101, 100, arrived=3, why="fast-recovery"),
    ]

    assert retransmission_timeout(question(packets, told=(3,))).answer is Answer.TRUE
    assert retransmission_timeout(question(packets, told=(4,))).answer is Answer.FALSE


def test_a_tail_is_lost_only_where_the_link_lost_it() -> None:
    lost = [sent(1, 0, 1, 100), sent(2, 300, 1, 100, arrived=1, why="tail-loss-probe")]
    only_its_ack = [sent(1, 0, 1, 100, arrived=1), sent(2, 300, 1, 100, arrived=2, why="tail-loss-probe")]

    assert tail_loss(question(lost)).answer is Answer.TRUE
    assert tail_loss(question(only_its_ack)).answer is Answer.FALSE
    assert spurious_retransmission(question(only_its_ack)).answer is Answer.TRUE
    assert spurious_retransmission(question(lost)).answer is Answer.FALSE


def test_a_firewall_translates_numbers_there_and_back() -> None:
    like = bytes(12) + b"\x08\x00" + bytes.fromhex("45000028000040004006000001020304050607081f909c40") + bytes(16)
    frame = crafted(like, flags=Flag.ACK, seq=0xFFFF_FFF0, ack=5)

    there, back = parse(renumbered(frame, 0x20)), parse(acknowledging(frame, -6))

    assert there is not None
    assert there.seq == 0x10
    assert back is not None
    assert back.ack == 0xFFFF_FFFF


def test_few_right_ones_prove_little() -> None:
    assert wilson_lower(0, 0) == 0
    assert 0.56 < wilson_lower(5, 5) < 0.57
    assert wilson_lower(1_000, 1_000) > 0.996

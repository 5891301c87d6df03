"""What the capture does not show, though it happened: the ends know nothing of it."""

from __future__ import annotations

import random
from dataclasses import replace

from cases.recorder.capturing import Capturing
from cases.recorder.namespaces import End
from cases.recorder.program import Program
from cases.recorder.rules import ANY, CLIENT, SERVER, Passage, Rule, drop, miss
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scenarios.recovery import (
    answer_with_segments,
    ask_for_segments,
    for_a_while,
    nth_segment,
)
from cases.recorder.scenarios.silence import ACK_LOSS, numbers_in
from cases.recorder.scripts import ANSWER, REQUEST, read_segments_confirm, send_segments_wait_close

# -- frames that the capture lost --------------------------------------------------------


def draw_missed(chance: random.Random) -> dict[str, float]:
    """One to three neighbours among the first segments."""
    return {
        "delay_ms": chance.randint(10, 50),
        "segments": chance.randint(16, 30),
        "missed": chance.randint(2, 8),
        "count": chance.randint(1, 3),
    }


def miss_at_client(p: Parameters) -> list[Rule]:
    """Some segments the client sends, in its own capture."""
    return [miss(CLIENT.data.new.nth(*range(p.missed, p.missed + p.count)), at=End.CLIENT)]


MISSED_AT_SENDER = Scenario(
    id="capture-missed-at-sender",
    shows="The capture at the sender misses some data segments; they arrived and were acknowledged.",
    twin="fast-retransmission",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_missed,
    rules=miss_at_client,
    findings_client=("capture-missed-packets",),
    never=(
        "fast-retransmission",
        "retransmission-timeout",
        "tail-loss",
        "spurious-retransmission",
        "retransmission-unexplained",
        "ack-loss-harmless",
    ),
)


def miss_at_server(p: Parameters) -> list[Rule]:
    """Some segments the client sends, in the server's capture."""
    return [miss(CLIENT.data.new.nth(*range(p.missed, p.missed + p.count)), at=End.SERVER)]


MISSED_AT_RECEIVER = Scenario(
    id="capture-missed-at-receiver",
    shows="The capture at the receiver misses some data segments, and the receiver acknowledges them all the same.",
    twin="burst-loss",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_missed,
    rules=miss_at_server,
    findings_server=("capture-missed-packets",),
    never=(
        "fast-retransmission",
        "retransmission-timeout",
        "tail-loss",
        "spurious-retransmission",
        "retransmission-unexplained",
        "ack-loss-harmless",
    ),
)


def miss_acks(p: Parameters) -> list[Rule]:
    """Those pure acknowledgments of the server, in both captures."""
    return [miss(SERVER.ack_only.nth(*numbers_in(p.lost_acks)))]


MISSED_ACKS = replace(
    ACK_LOSS,
    id="capture-missed-acks",
    shows="Both captures miss some acknowledgments that arrived.",
    twin="ack-loss-harmless",
    rules=miss_acks,
    findings_client=("capture-missed-packets",),
    findings_server=("capture-missed-packets",),
    findings_perhaps=(),
    never=(
        "fast-retransmission",
        "retransmission-timeout",
        "tail-loss",
        "spurious-retransmission",
        "retransmission-unexplained",
        "ack-loss-harmless",
    ),
)


def draw_missed_resend(chance: random.Random) -> dict[str, float]:
    """One segment is lost."""
    return {"delay_ms": chance.randint(10, 50), "segments": chance.randint(16, 30), "lost": chance.randint(2, 6)}


def lose_and_miss(p: Parameters) -> list[Rule]:
    """A segment is lost; what the client sends instead is in neither capture."""
    return [drop(CLIENT.data.new.nth(p.lost)), miss(CLIENT.data.again.nth(1))]


MISSED_RESEND = Scenario(
    id="capture-missed-the-repetition",
    shows="A segment is lost and sent again, but both captures miss the repetition.",
    twin="fast-retransmission",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_missed_resend,
    rules=lose_and_miss,
    findings_server=("capture-missed-packets",),
    never=("fast-retransmission", "retransmission-timeout", "duplicated-by-network"),
)


# -- only a part of the connection -----------------------------------------------------


def draw_part(chance: random.Random) -> dict[str, float]:
    """A download; the capture begins or ends at one of its segments."""
    return {
        "delay_ms": chance.randint(10, 50),
        "segments": chance.randint(40, 60),
        "from_segment": chance.randint(12, 30),
    }


def miss_beginning(p: Parameters) -> list[Rule]:
    """Everything before a segment of the server, in both captures."""
    begun = False
    first = nth_segment(SERVER, p.from_segment)

    def not_yet(passage: Passage) -> bool:
        nonlocal begun
        begun = begun or first.fits(passage)
        return not begun

    return [miss(ANY.where(not_yet, f"before {first.words}"))]


STARTS_LATE = Scenario(
    id="capture-starts-late",
    shows="Both captures begin amid a download: handshake and request were before.",
    twin="three-way-handshake",
    client=ask_for_segments,
    server=answer_with_segments,
    draw=draw_part,
    rules=miss_beginning,
    findings_client=("capture-started-mid-stream",),
    findings_server=("capture-started-mid-stream",),
    never=("three-way-handshake", "capture-missed-packets"),
)


def miss_end(p: Parameters) -> list[Rule]:
    """Everything from a segment of the server on, in both captures."""
    return [miss(for_a_while(nth_segment(SERVER, p.from_segment), 3600))]


ENDS_EARLY = Scenario(
    id="capture-ends-early",
    shows="Both captures end amid a download that goes on.",
    twin="path-lost",
    client=ask_for_segments,
    server=answer_with_segments,
    draw=draw_part,
    rules=miss_end,
    findings_client=("still-open",),
    findings_server=("still-open",),
    never=(
        "path-lost",
        "close-wait-leak",
        "fast-retransmission",
        "retransmission-timeout",
        "tail-loss",
        "spurious-retransmission",
        "retransmission-unexplained",
    ),
)


# -- only one direction ----------------------------------------------------------------


def miss_server(_: Parameters) -> list[Rule]:
    """Everything the server sends, in both captures."""
    return [miss(SERVER)]


ONE_SIDED = Scenario(
    id="one-sided-capture",
    shows="Both captures hold only what the client sends; the server answers all of it.",
    twin="answers-lost",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_missed,
    rules=miss_server,
    findings_client=("one-sided-capture",),
    findings_server=("one-sided-capture",),
    never=("path-lost", "retransmission-timeout", "syn-timeout"),
)


def draw_silence(chance: random.Random) -> dict[str, float]:
    """How long nothing of the server arrives."""
    return {"delay_ms": chance.randint(10, 40), "silence": chance.choice([0.8, 1.2, 1.6])}


def ask_into_silence(me: Program) -> None:
    """One exchange, then a request whose answers are lost for a while."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.close()


def answer_two(me: Program) -> None:
    """Answers both requests."""
    connection = me.listen().accept()
    for _ in range(2):
        connection.read(REQUEST)
        connection.send(ANSWER)
    connection.read_all()
    connection.close()


def lose_answers(p: Parameters) -> list[Rule]:
    """What the server sends after the second request, for a while."""
    second = CLIENT.data.at_offset(1 + REQUEST)
    silence = for_a_while(second, p.silence)
    return [drop(silence.where(lambda passage: passage.sender is End.SERVER, "from the server"))]


ANSWERS_LOST = Scenario(
    id="answers-lost",
    shows="The way back fails for a while: requests arrive, answers do not, and both ends send again what the other "
    "one has.",
    twin="one-sided-capture",
    client=ask_into_silence,
    server=answer_two,
    draw=draw_silence,
    rules=lose_answers,
    findings_server=("spurious-retransmission",),
    findings_perhaps=("tail-loss", "retransmission-timeout", "lost-retransmission", "spurious-retransmission"),
    never=("one-sided-capture", "path-lost"),
)

# -- recorders that are set up otherwise -----------------------------------------------


def draw_mirror(chance: random.Random) -> dict[str, float]:
    """One segment is lost, so that something is sent again, too."""
    return {**draw_missed_resend(chance), "after_us": chance.choice([300, 500, 800])}


def lose_one(p: Parameters) -> list[Rule]:
    """One segment of the client, when first sent."""
    return [drop(CLIENT.data.new.nth(p.lost))]


def mirrored(p: Parameters) -> Capturing:
    """Every frame is shown twice."""
    return Capturing(mirror_after=p.after_us / 1e6)


MIRRORED = Scenario(
    id="capture-shows-all-twice",
    shows="A mirror port shows every frame twice; each passed once. One segment was lost and sent again.",
    twin="network-duplicate",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_mirror,
    rules=lose_one,
    capturing=mirrored,
    findings_client=("capture-duplicates", "fast-retransmission"),
    findings_server=("capture-duplicates", "fast-retransmission"),
    never=("duplicated-by-network", "spurious-retransmission"),
)


def draw_snapshot(chance: random.Random) -> dict[str, float]:
    """How much is kept: the headers without all options, with them, or some bytes more."""
    return {**draw_missed_resend(chance), "snapshot": chance.choice([60, 68, 78, 96])}


def cut(p: Parameters) -> Capturing:
    """The head of each frame."""
    return Capturing(snapshot=p.snapshot)


TRUNCATED = Scenario(
    id="capture-truncated",
    shows="Both captures hold only the first bytes of each frame. One segment was lost and sent again.",
    twin="fast-retransmission",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_snapshot,
    rules=lose_one,
    capturing=cut,
    findings_client=("capture-truncated",),
    findings_server=("capture-truncated",),
    findings_perhaps=("fast-retransmission", "tail-loss", "retransmission-unexplained"),
    never=("capture-missed-packets", "spurious-retransmission"),
)

SCENARIOS = [
    MIRRORED,
    TRUNCATED,
    MISSED_AT_SENDER,
    MISSED_AT_RECEIVER,
    MISSED_ACKS,
    MISSED_RESEND,
    STARTS_LATE,
    ENDS_EARLY,
    ONE_SIDED,
    ANSWERS_LOST,
]

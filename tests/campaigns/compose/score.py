"""Holds what is found in composed recordings against what really happened, and prints the numbers.

    python -m tests.campaigns.compose.score [--jobs N] [--lines FILE] [--rule-book FILE] FOLDER…

The unit is a finding of one connection in one capture.  Two captures of each recording are whole; a third,
faulty one (`tests.campaigns.compose.capture_faults`) counts apart.

precision
    of the findings told whose truth is known, the share that is true.
recall
    of the connections and captures where an id is true and shown, the share in which it is told.
missed
    connections whose kernel waited for its timer for more than 200 ms and 20 % of their time, and no warning.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import traceback
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cases.recorder.namespaces import End
from tcptui.access.open_capture import view_of
from tcptui.model.finding import FindingId, Severity
from tcptui.session.session import open_file
from tests.campaigns.compose.capture_faults import SHOWN, CaptureFault, CaptureFaultKind, Shown, faulty, whole
from tests.campaigns.compose.recording import seeds_below
from tests.campaigns.compose.report import (
    Owed,
    Scored,
    Told,
    Waited,
    by_id,
    classes,
    line_of,
    pooled,
    rule_book,
    share,
    wrong_ones,
)
from tests.campaigns.compose.truth import Answer, Question
from tests.campaigns.compose.truth_table import truth_of
from tests.campaigns.compose.world import read_world, waited_before

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcptui.model.finding import Finding
    from tests.campaigns.compose.packet import Packet
    from tests.campaigns.compose.world import World

LATE_US: Final = 20_000
"""A recording whose frames were carried later than this tells of a busy machine."""
WAITED_NS: Final = 200_000_000
WAITED_PERCENT: Final = 20
_TIMED: Final = (
    FindingId.RETRANSMISSION_TIMEOUT,
    FindingId.TAIL_LOSS,
    FindingId.PATH_LOST,
    FindingId.LOST_RETRANSMISSION,
)
#: What else says it: the weightiest of several findings of one event is told alone.
TOLD_AS: Final = {
    FindingId.RETRANSMISSION_TIMEOUT: (
        *(*_TIMED, FindingId.PATH_MTU_BLACKHOLE, FindingId.ACCEPT_QUEUE_FULL, FindingId.SPURIOUS_RETRANSMISSION),
    ),
    FindingId.TAIL_LOSS: (*_TIMED, FindingId.PATH_MTU_BLACKHOLE),
    FindingId.LOST_RETRANSMISSION: (*_TIMED, FindingId.PATH_MTU_BLACKHOLE),
    FindingId.PATH_LOST: (FindingId.RETRANSMISSION_TIMEOUT, FindingId.IDLE_CONNECTION_DROPPED),
    FindingId.RST_ABORTIVE_CLOSE: (FindingId.RST_UNREAD_DATA, FindingId.PROBE_CONNECTION, FindingId.KEEP_ALIVE_TIMEOUT),
    FindingId.RST_DEAD_CONNECTION: (
        *(FindingId.CONNECTION_REFUSED, FindingId.IDLE_CONNECTION_DROPPED, FindingId.RST_INJECTED),
        *(FindingId.RST_ABORTIVE_CLOSE, FindingId.RST_UNREAD_DATA, FindingId.ACCEPT_QUEUE_FULL),
    ),
    FindingId.PATH_MTU_BLACKHOLE: (FindingId.PATH_LOST,),
    FindingId.SYN_RETRANSMISSION: (
        *(FindingId.SYN_TIMEOUT, FindingId.ACCEPT_QUEUE_FULL, FindingId.SYN_ACK_RETRANSMISSION),
    ),
    FindingId.SYN_ACK_RETRANSMISSION: (
        *(FindingId.THIRD_ACK_LOST, FindingId.ACCEPT_QUEUE_FULL, FindingId.SYN_RETRANSMISSION),
    ),
    FindingId.FAST_RETRANSMISSION: (FindingId.SPURIOUS_RETRANSMISSION,),
    FindingId.KEEP_ALIVE: (FindingId.KEEP_ALIVE_TIMEOUT,),
    FindingId.CAPTURE_DUPLICATES: (FindingId.DUPLICATED_BY_NETWORK,),
}


def score_recording(folder: Path) -> Scored:
    """Every capture of one recording; raises OSError, ValueError or KeyError when it is none."""
    world = read_world(folder)
    scored = Scored([], [], [], [])
    captures = [(end, whole(folder / f"{end.value}.pcapng")) for end in End]
    drawn = world.composition["capture_fault"]
    if drawn is not None:
        values = {name: value for name, value in drawn.items() if name != "name"}
        fault = CaptureFault(**{**values, "kind": CaptureFaultKind(values["kind"])})
        captures.append((End(fault.end), faulty(folder / f"{fault.end}.pcapng", fault, folder / SHOWN)))
    for end, shown in captures:
        try:
            _capture(world, end, shown, scored)
        except Exception as problem:  # noqa: BLE001 - whatever the engine raises is a result here
            where = traceback.extract_tb(problem.__traceback__)[-1]
            name = f"{world.about['seed']} {end.value} {_name(shown)}"
            scored.problems.append(f"{name}: {type(problem).__name__}: {problem} ({where.name}:{where.lineno})")
    return scored


def _name(shown: Shown) -> str:
    return str(shown.fault.kind) if shown.fault else "whole"


def _capture(world: World, end: End, shown: Shown, scored: Scored) -> None:
    found: dict[int, list[tuple[int, Finding]]] = defaultdict(list)
    warned: set[int] = set()
    with closing(open_file(shown.path)) as session:
        for stream, findings in session.each_findings(range(session.streams.count)):
            frames = (shown.frames[number - 1] for number in view_of(session, stream).frame.tolist())
            owners = Counter(world.by_frame[end, frame][0].number for frame in frames if (end, frame) in world.by_frame)
            if not owners:
                continue
            number = owners.most_common(1)[0][0]
            found[number] += [(stream, finding) for finding in findings]
            if any(finding.severity >= Severity.WARNING for finding in findings):
                warned.add(number)
    for talk in world.talks:
        base = Question(world, talk, end, shown.visible, shown.fault)
        if not base.seen(talk.packets):
            continue
        for stream, finding in found[talk.number]:
            scored.told.append(_told(base, shown, stream, finding))
        told = {finding.id for _, finding in found[talk.number]}
        scored.owed += _owed(base, shown, told)
        if shown.fault is None:
            scored.waited += _waited(base, talk.number in warned)


def _told(base: Question, shown: Shown, stream: int, finding: Finding) -> Told:
    named = frozenset(shown.frames[number - 1] for number in finding.packets)
    question = Question(base.world, base.talk, base.end, base.visible, base.fault, named, finding.facts)
    truth = truth_of(finding.id, question)
    return Told(
        seed=base.world.about["seed"],
        end=base.end.value,
        capture=_name(shown),
        connection=base.talk.number,
        stream=stream,
        id=str(finding.id),
        severity=finding.severity.name.lower(),
        confidence=finding.confidence.value,
        frames=finding.packets,
        answer=truth.answer.value,
        truth=truth.why,
        faults=", ".join(fault["name"] for fault in base.world.composition["faults"]),
        facts={name: value for name, value in finding.facts.items() if not isinstance(value, tuple)},
    )


def _owed(base: Question, shown: Shown, told: set[FindingId]) -> Iterable[Owed]:
    for known in FindingId:
        truth = truth_of(known, base)
        if truth.answer is Answer.TRUE and truth.visible:
            seed = base.world.about["seed"]
            said = bool(told & {known, *TOLD_AS.get(known, ())})
            yield Owed(seed, base.end.value, _name(shown), base.talk.number, str(known), said, truth.why)


def _waited(base: Question, warned: bool) -> Iterable[Waited]:
    """Whether a kernel of this connection waited long for its timer, as far as this end saw what it sent then."""
    talk = base.talk
    times = [packet.sent_ns for packet in talk.packets]
    length = max(times) - min(times)
    for sender in End:
        timed = [
            packet
            for packet in talk.resends
            if packet.sender is sender and packet.why in ("rto", "syn-retry") and _shown(base, packet)
        ]
        waits = [waited_before(talk, packet) for packet in timed]
        waited = sum(wait for wait in waits if wait > WAITED_NS // 2)
        if waited > WAITED_NS and waited * 100 > length * WAITED_PERCENT:
            story = f"{len(timed)} time-outs, {waited / 1e9:.2f} of {length / 1e9:.2f} s: {base.frames(timed)}"
            seed = base.world.about["seed"]
            yield Waited(seed, base.end.value, talk.number, sender is base.end, waited, length, warned, story)


def _shown(base: Question, packet: Packet) -> bool:
    """Whether this end saw it and why it came: an earlier copy, or the gap that it fills; not only a FIN."""
    if not base.sees(packet) or (packet.is_fin and not packet.segment.length):
        return False
    if base.seen(base.talk.earlier_copies(packet)):
        return True
    now = packet.time_at(base.end)
    beyond = (p for p in base.seen(base.talk.of(packet.receiver.other)) if p.is_data and p.begin >= packet.end)
    return any(p.time_at(base.end) < now for p in beyond)


def _one(folder: Path) -> Scored | None:
    about = json.loads((folder / "recording.json").read_text())
    if about["late_us"] > LATE_US:
        return None
    try:
        return score_recording(folder)
    except Exception:  # noqa: BLE001 - a bench error must not end the scoring of all others
        return Scored([], [], [], [f"{folder.name}: {traceback.format_exc()}"])


def score_all(folders: Sequence[Path], jobs: int) -> tuple[Scored, int]:
    """All recordings together, and how many were left out because the machine was busy."""
    together = Scored([], [], [], [])
    late = 0
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=40) as pool:
        for scored in pool.imap(_one, folders, 4):
            if scored is None:
                late += 1
                continue
            together.told += scored.told
            together.owed += scored.owed
            together.waited += scored.waited
            together.problems += scored.problems
    return together, late


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0 when no finding is wrong and nothing was raised."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--lines", type=Path, metavar="FILE", help="also write every finding told as a line of JSON")
    parser.add_argument("--rule-book", type=Path, metavar="FILE", help="also write the rule book's table of them")
    chosen = parser.parse_args(words)
    folders = [folder for each in chosen.folders for folder in seeds_below(each)]
    scored, late = score_all(folders, chosen.jobs)
    print(f"{len(folders) - late} recordings ({late} left out: busy machine)")
    right = [each for each in scored.told if each.capture == "whole"]
    print("\nwhole captures\n" + "\n".join(pooled(right)))
    faulty_ones = [each for each in scored.told if each.capture != "whole"]
    print("\nfaulty captures\n" + "\n".join(pooled(faulty_ones)))
    for kind in sorted({each.capture for each in faulty_ones}):
        print(f"\n  {kind}\n  " + "\n  ".join(pooled([each for each in faulty_ones if each.capture == kind])))
    print("\n" + "\n".join(by_id(right, [one for one in scored.owed if one.capture == "whole"])))
    for name, at_sender in (("at the sender", True), ("at the receiver", False)):
        waited = [each for each in scored.waited if each.at_sender is at_sender]
        print(f"\nlong time-outs {name}: warned {share(sum(each.warned for each in waited), len(waited))}")
        print(
            "\n".join(
                f"  missed: seed {w.seed} {w.end} connection {w.connection}: {w.truth}" for w in waited if not w.warned
            )
        )
    for title, told in (("whole", right), ("faulty", faulty_ones)):
        wrong = wrong_ones(told)
        print(f"\nwrong in {title} captures: {len(wrong)}")
        print("\n".join(classes(wrong)) + "\n")
        print("\n".join(line_of(each) for each in wrong))
    if scored.problems:
        print("\nraised\n" + "\n".join(scored.problems))
    if chosen.rule_book:
        table = rule_book(right, [one for one in scored.owed if one.capture == "whole"])
        chosen.rule_book.write_text("\n".join(table) + "\n")
    if chosen.lines:
        chosen.lines.write_text("".join(json.dumps(asdict(each)) + "\n" for each in scored.told))
    return 1 if scored.problems or wrong_ones(scored.told) else 0


if __name__ == "__main__":
    sys.exit(main())

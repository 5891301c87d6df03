"""Holds the engine's states and causes against the kernels' word, per capture, and prints the table.

    python -m cases.recorder.judge [--wrong] [--sum] FOLDER…

Each folder is a recording, or has recordings below it.  What counts as what:

states
    *near* is the end at which the capture was made: after every frame the engine's state must be its
    kernel's (`cases.recorder.true_states`).  *far* is the other end: its state must be one that it
    had at some time between the sending of its newest packet in the capture and now, or be marked
    assumed (*not so*: it did not even become so when all that had left here arrived).  *Wrong* are
    states of the near end, and unmarked ones of the far end; the target is none.
causes
    for every frame a kernel sent again: the engine's cause at the sender's capture is right, unknown or
    wrong (no cause at all is wrong; `path-mtu` has no name in the contract, so unknown is right there),
    and at the receiver's right, unknown (or no cause: the first copy may never have come) or wrong.
    *false*: a cause for a frame that no kernel sent again.
place
    where the engine says that the capture was made: right, unknown or wrong.
tshark
    of the frames that this end sent again, those that tshark calls sent again (or probes), out of order, nothing;
    *false*: frames that it calls sent again though nobody did.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cases.recorder.evidence import Evidence, read_evidence
from cases.recorder.judgement import Judgement, Tally, table
from cases.recorder.kernel_log import PATH_MTU
from cases.recorder.namespaces import End
from cases.recorder.scenarios.floods import FORGED_NET
from cases.recorder.true_states import FrameFact, true_states
from cases.recorder.tshark_labels import Label, tshark_labels
from tcptui.access.open_capture import view_of
from tcptui.model.capture_point import CapturePoint
from tcptui.model.resend_cause import ResendCause
from tcptui.model.tcp_state import TcpState, state_of
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cases.recorder.kernel_log import StateEvent
    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.endpoint import Endpoint

MARGIN_NS: Final = 20_000_000
"""A connection's first event is traced at most so long before its first frame, where ports are used again."""
_CLAIMS_NOTHING: Final = frozenset({ResendCause.NOT_RESENT, ResendCause.NONE})
_AT_REST: Final = frozenset({TcpState.CLOSED, TcpState.LISTEN})


def judge(folder: Path, compare: bool = True) -> list[Judgement]:
    """Both captures of a recording, ``compare``: with tshark's opinion.

    Nothing of a recording whose recorder's clock was set: its times and the kernels' cannot be compared.
    Raises OSError or ValueError when the folder is no recording, or tshark is missing.
    """
    if json.loads((folder / "recording.json").read_text()).get("clock_set"):
        return []
    evidence = read_evidence(folder)
    with ExitStack() as opened:
        sessions = {end: opened.enter_context(closing(open_file(evidence.capture(end)))) for end in End}
        return [_Judge(evidence, sessions, end).run(compare) for end in End]


@dataclass(frozen=True)
class _Story:
    """One connection at one end: its frames and what that end's kernel made of each."""

    frames: list[FrameFact]
    truth: list[TcpState]
    base: TcpState

    def state(self, place: int) -> TcpState:
        """After the frame at ``place``; -1 is before the first."""
        return self.truth[place] if place >= 0 else self.base

    def states(self, start: int, stop: int) -> set[TcpState]:
        """All from the frame at ``start`` to the one at ``stop``."""
        return {self.state(place) for place in range(start, stop + 1)}


@dataclass(frozen=True, slots=True)
class _Places:
    """Indexes into the far end's frames; -1 is before the first."""

    start: int
    """Its newest packet that has arrived here."""
    now: int
    """What it last saw or sent by now."""
    arrival: int
    """When all that has left here has arrived, as far as it does."""


class _Judge:
    """One capture of a recording."""

    def __init__(self, evidence: Evidence, sessions: dict[End, Session], end: End) -> None:
        self._evidence = evidence
        self._sessions = sessions
        self._end = end
        self._result = Judgement(evidence.scenario, evidence.seed, end, sessions[end].store.count)
        self._hosts = _hosts(evidence)

    def run(self, compare: bool) -> Judgement:
        """States, then causes, stream by stream."""
        session = self._sessions[self._end]
        claims: dict[int, ResendCause] = {}
        for stream in range(session.streams.count):
            session.findings(stream)
            view = view_of(session, stream)
            self._states(view)
            claims.update(zip(view.frame.tolist(), map(ResendCause, view.cause.tolist()), strict=True))
        self._causes(claims)
        self._place(session.place.position)
        if compare:
            self._labels()
        return self._result

    # -- states ------------------------------------------------------------------------

    def _states(self, view: StreamView) -> None:
        near_is_server = view.server.host in self._hosts[self._end]
        own, peer = (view.server, view.client) if near_is_server else (view.client, view.server)
        if _is_forged(own.host):
            return  # no kernel keeps a state for it; the other end's capture tells of that one's
        near = self._story(self._end, view)
        arrivals = self._arrivals()
        far = None if _is_forged(peer.host) else self._far_story(view)
        columns = (view.state_client, view.state_server)
        near_said = columns[near_is_server].tolist()
        far_said = columns[not near_is_server].tolist()
        previous_near, previous_far = near.base, far.base if far else None
        for place, frame in enumerate(near.frames):
            truth = near.truth[place]
            self._result.transitions += truth is not previous_near
            previous_near = truth
            self._near(frame, truth, near_said[place])
            if far is None:
                continue
            places = self._far_places(near.frames[: place + 1], far, arrivals)
            latest = far.state(places.start)
            self._result.transitions += latest is not previous_far
            previous_far = latest
            self._far(frame, far, places, far_said[place])

    def _near(self, frame: FrameFact, truth: TcpState, cell: int) -> None:
        said, known = state_of(cell)
        if said is truth or {said, truth} <= _AT_REST:
            return
        if said is TcpState.UNSEEN:
            self._result.unsaid += 1
            return
        if known:
            self._result.wrong += 1
        else:
            self._result.near_assumed += 1
        mark = "known" if known else "assumed"
        self._remark(frame.number, f"near end is {truth.label}, said {said.label} ({mark})")

    def _far(self, frame: FrameFact, far: _Story, places: _Places, cell: int) -> None:
        said, known = state_of(cell)
        if said is TcpState.UNSEEN:
            self._result.unsaid += 1
        elif not known:
            self._result.assumed += 1
            if not _fits(said, far.states(places.start, places.arrival)):
                self._result.assumed_otherwise += 1
                self._remark(frame.number, f"far end never becomes {said.label} by this (assumed)")
        elif not _fits(said, allowed := far.states(places.start, places.now)):
            self._result.wrong += 1
            names = " or ".join(sorted(state.label for state in allowed))
            self._remark(frame.number, f"far end is {names}, said {said.label} (known)")

    def _story(self, end: End, view: StreamView) -> _Story:
        """Frames of ``view`` (of the capture at ``end``) with the truth for that end."""
        is_server = view.server.host in self._hosts[end]
        own, peer = (view.server, view.client) if is_server else (view.client, view.server)
        from_own = view.from_server == is_server
        columns = (view.frame, view.time_ns, from_own, view.flags, view.end, view.ack)
        frames = [FrameFact(*facts) for facts in zip(*(column.tolist() for column in columns), strict=True)]
        begin, stop = self._since(end, view), self._until(end, view)
        events = [
            event
            for event in self._evidence.states
            if event.end is end and (event.local, event.remote) == (str(own), str(peer)) and event.time_ns < stop
        ]
        if frames[0].sent and not any(event.new is TcpState.SYN_SENT and event.time_ns >= begin for event in events):
            events = [*self._opened_without_port(end, own, peer, frames[0].time_ns), *events]
        # An earlier connection between the same ports may still stand at this end.
        base = next((event.new for event in reversed(events) if event.time_ns < begin), TcpState.CLOSED)
        if base is TcpState.CLOSED and self._listens(end, own.port, frames[0].time_ns):
            base = TcpState.LISTEN
        events = [event for event in events if event.time_ns >= begin]
        return _Story(frames, true_states(frames, events, base), base)

    def _opened_without_port(self, end: End, own: Endpoint, peer: Endpoint, syn_ns: int) -> list[StateEvent]:
        """The last active open before ``syn_ns`` of a socket that had no port yet: connect() draws one afterwards."""
        unbound = f"{str(own).rpartition(':')[0]}:0"
        opened = [
            event
            for event in self._evidence.states
            if event.end is end
            and (event.local, event.remote) == (unbound, str(peer))
            and event.new is TcpState.SYN_SENT
            and event.time_ns <= syn_ns
        ]
        return opened[-1:]

    def _since(self, end: End, view: StreamView) -> int:
        """When the previous connection between the same two ports had its last say; 0 without one."""
        earlier = [int(other.time_ns[-1]) for other in self._same(end, view) if other.stream < view.stream]
        return max(*earlier, int(view.time_ns[0]) - MARGIN_NS) if earlier else 0

    def _until(self, end: End, view: StreamView) -> int:
        """When the next connection between the same two ports begins."""
        later = [int(other.time_ns[0]) for other in self._same(end, view) if other.stream > view.stream]
        return min(later, default=(1 << 62) + MARGIN_NS) - MARGIN_NS

    def _same(self, end: End, view: StreamView) -> list[StreamView]:
        """All connections between the ports of ``view`` in the capture at ``end``."""
        session = self._sessions[end]
        ports = {str(view.client), str(view.server)}
        views = (view_of(session, stream) for stream in range(session.streams.count))
        return [other for other in views if {str(other.client), str(other.server)} == ports]

    def _listens(self, end: End, port: int, time_ns: int) -> bool:
        changes = [
            event
            for event in self._evidence.states
            if event.end is end
            and event.local.endswith(f":{port}")
            and event.remote.endswith(":0")
            and event.time_ns <= time_ns
        ]
        return bool(changes) and changes[-1].new is TcpState.LISTEN

    def _far_story(self, view: StreamView) -> _Story | None:
        """The same connection in the other end's capture."""
        same = self._same(self._end.other, view)
        if not same:
            return None
        # The one whose frames these are; by time where none arrived.
        origin, arrivals = self._evidence.origin(self._end), self._arrivals()
        there = {frame for number in view.frame.tolist() for frame in (origin.get(number), arrivals.get(number))}
        begin = int(view.time_ns[0])
        nearest = min(
            same,
            key=lambda other: (-len(there.intersection(other.frame.tolist())), abs(int(other.time_ns[0]) - begin)),
        )
        return self._story(self._end.other, nearest)

    def _arrivals(self) -> dict[int, int]:
        """Frame sent in this capture → where it arrived in the other one."""
        return {source: number for number, source in self._evidence.origin(self._end.other).items() if source}

    def _far_places(self, seen: Sequence[FrameFact], far: _Story, arrivals: dict[int, int]) -> _Places:
        """Between which of its frames the far end is, as far as ``seen`` tells."""
        origin = self._evidence.origin(self._end)
        numbers = {fact.number: place for place, fact in enumerate(far.frames)}
        sources = [numbers[origin[f.number]] for f in seen if not f.sent and origin.get(f.number) in numbers]
        targets = [numbers[arrivals[f.number]] for f in seen if f.sent and arrivals.get(f.number) in numbers]
        start = max(sources, default=-1)
        now = max((place for place, fact in enumerate(far.frames) if fact.time_ns <= seen[-1].time_ns), default=-1)
        return _Places(start, max(now, start), max(now, start, *targets, -1))

    # -- causes --------------------------------------------------------------------------

    def _causes(self, claims: dict[int, ResendCause]) -> None:
        here = self._evidence.sent_again_here(self._end)
        there = self._evidence.sent_again_there(self._end)
        for frame, why in here.items():
            self._cause(self._result.sender, frame, why, claims.get(frame, ResendCause.NOT_RESENT), ResendCause.UNKNOWN)
        for frame, why in there.items():
            claim = claims.get(frame, ResendCause.NOT_RESENT)
            self._cause(
                self._result.receiver,
                frame,
                why,
                ResendCause.UNKNOWN if claim in _CLAIMS_NOTHING else claim,
                ResendCause.UNKNOWN,
            )
        copies = self._evidence.duplicates(self._end)
        # What an end sent once is a second copy, of unknown cause, where the link had injected its numbers before.
        innocent = set(_CLAIMS_NOTHING)
        if any(fate.sender is None and fate.receiver is self._end for fate in self._evidence.fates):
            innocent.add(ResendCause.UNKNOWN)
        for frame, claim in claims.items():
            known = frame in here or frame in there
            if known or claim in innocent or (claim is ResendCause.NETWORK_DUPLICATE and frame in copies):
                continue
            self._result.false_causes += 1
            self._remark(frame, f"nobody sent this again, said {claim.label}")

    def _cause(self, tally: Tally, frame: int, why: str, claim: ResendCause, unknown: ResendCause) -> None:
        if claim.label == why or (why == PATH_MTU and claim is ResendCause.UNKNOWN):
            tally.right += 1
        elif claim is unknown:
            tally.unknown += 1
            self._remark(frame, f"cause is {why}, said unknown")
        else:
            tally.wrong += 1
            self._remark(frame, f"cause is {why}, said {claim.label}")

    def _place(self, said: CapturePoint) -> None:
        if said is CapturePoint.UNKNOWN:
            self._result.place.unknown += 1
        elif said.value == self._end.value:
            self._result.place.right += 1
        else:
            self._result.place.wrong += 1
            self._remark(0, f"captured at the {self._end.value}, said {said.value}")

    def _labels(self) -> None:
        labels = tshark_labels(self._evidence.capture(self._end))
        here = self._evidence.sent_again_here(self._end)
        there = self._evidence.sent_again_there(self._end)
        for frame in here:
            self._result.tshark[labels.get(frame, Label.NOTHING)] += 1
        copies = self._evidence.duplicates(self._end)
        self._result.tshark_false = sum(
            label is Label.SENT_AGAIN and frame not in here and frame not in there and frame not in copies
            for frame, label in labels.items()
        )

    def _remark(self, frame: int, words: str) -> None:
        self._result.remarks.append(f"{self._end.value} frame {frame}: {words}")


def _fits(said: TcpState, allowed: set[TcpState]) -> bool:
    return said in allowed or (said in _AT_REST and bool(allowed & _AT_REST))


def _hosts(evidence: Evidence) -> dict[End, set[str]]:
    """Addresses of the ends, from the events themselves."""
    found: dict[End, set[str]] = {end: set() for end in End}
    for event in evidence.states:
        found[event.end].add(_host(event.local))
        if not event.remote.endswith(":0"):
            # An end without any socket has no events of its own.
            found[event.end.other].add(_host(event.remote))
    return found


def _is_forged(host: str) -> bool:
    """Whether a scenario sends from that address, which nobody has."""
    return host.startswith(f"{FORGED_NET}.")


def _host(name: str) -> str:
    return name.rsplit(":", 1)[0].strip("[]")


def recordings_below(folders: Iterable[Path]) -> list[Path]:
    """The recordings in or below ``folders``."""
    return sorted(path.parent for folder in folders for path in folder.rglob("recording.json"))


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0 when nothing was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--wrong", action="store_true", help="also list what was not right, frame by frame")
    parser.add_argument("--sum", action="store_true", help="one line for all recordings of a scenario")
    chosen = parser.parse_args(words)
    judgements = [judgement for folder in recordings_below(chosen.folders) for judgement in judge(folder)]
    print(table(judgements, by_seed=not chosen.sum))
    if chosen.wrong:
        for judgement in judgements:
            for remark in judgement.remarks:
                print(f"{judgement.scenario} seed {judgement.seed}: {remark}")
    return 0 if all(judgement.faultless for judgement in judgements) else 1


if __name__ == "__main__":
    sys.exit(main())

"""The events of streams, between which lie the stretches of time that are attributed: segments with new payload."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.unwrapped_seq import sent_before
from tcptui.analysis.timing.budget_parts import CLIENT, NO_SENDER, SERVER
from tcptui.model.arrays import chunks, flatnonzero32
from tcptui.model.batched import integer
from tcptui.model.resend_cause import ResendCause
from tcptui.model.tcp_flags import RST
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.timing.segments import Member, Segments
    from tcptui.model.packet_store import I32, U8

_PROBE: Final = int(Verdict.ZERO_WINDOW_PROBE)


class Events:
    """The segments that opened each stream, those with new payload, and everything after the last of these.

    Stretches are counted over all streams.  Between the last event of a stream and the first one of the next lies one
    that is nobody's.
    """

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        new = self._fresh()
        self.fresh: I32 = flatnonzero32(new)
        """Segments with new payload."""
        self.fresh_at = segments.cuts(self.fresh)
        """Where those of each stream begin among them, and where those of the last one end."""
        chosen = new.copy()
        for member, (begin, end) in zip(segments.members, pairwise(self.fresh_at), strict=True):
            last = member.start - 1
            if member.delays.opened >= 0:
                opened = member.start + member.delays.opened
                first = int(self.fresh[begin]) if begin < end else member.stop - 1
                head = [member.start] if opened in (member.start, first) else [member.start, opened]
                chosen[head] = True
                last = int(self.fresh[end - 1]) if begin < end else head[-1]
            chosen[last + 1 : member.stop] = True
        self.at: I32 = flatnonzero32(chosen)
        """The segments that are events."""
        self.kind: U8 = np.where(new[self.at], segments.from_server[self.at], np.uint8(NO_SENDER))
        """Who brings new payload with each of them."""
        self.stretches = [slice(begin, end - 1) for begin, end in pairwise(segments.cuts(self.at))]
        """Those of each stream."""

    def _fresh(self) -> NDArray[np.bool_]:
        segments, space = self._segments, self._segments.space
        new: NDArray[np.bool_] = segments.length > 0
        new &= (segments.flags & RST) == 0
        new &= (segments.verdict & _PROBE) == 0
        for member in segments.members:
            opened = member.delays.opened
            new[member.start : member.start + opened if opened >= 0 else member.stop] = False
            if member.delays.mid_stream:
                new[self._first_keep_alives(member)] = False
        for part in chunks(len(segments), 1):
            # A stream's first segment, before which another one's lies, is never news: a handshake was captured.
            new[part] &= space.end[part] > sent_before(segments.from_server, space, part)
        return new

    @staticmethod
    def _first_keep_alives(member: Member) -> list[int]:
        """Segments of a byte with which the capture of a side begins, and which its keep-alives repeat: no news."""
        view = member.view
        repeated = {resend.previous for resend in member.resends if resend.cause is ResendCause.KEEP_ALIVE}
        firsts = [int((view.from_server == bool(side)).argmax()) for side in (CLIENT, SERVER)]
        return [member.start + i for i in firsts if i in repeated and integer(view.length[i]) == 1]

    def turns_at(self) -> I32:
        """The stretches with which turns begin: where the client brings new payload, and not right after itself."""
        speaks = flatnonzero32(self.kind != NO_SENDER)
        begins = self.kind[speaks] == CLIENT
        follows = begins[:-1].copy()
        firsts = speaks.searchsorted(np.array([some.start for some in self.stretches[1:]], np.int32))
        follows[firsts[(firsts > 0) & (firsts < len(speaks))] - 1] = False  # it is another stream's
        begins[1:] &= ~follows
        goes_on = np.ones(len(self.kind), np.bool_)
        goes_on[[some.stop for some in self.stretches]] = False  # behind the last event no stretch begins
        at: I32 = speaks[begins & goes_on[speaks]]
        return at

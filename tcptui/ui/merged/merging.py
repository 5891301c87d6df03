"""Two captures that are merged for the screen: they are read, paired, and their findings decided, step by step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tcptui.access.open_capture import is_looked_through
from tcptui.access.progress import Phase
from tcptui.points.decided import decide
from tcptui.points.ladder import Ladders
from tcptui.points.listing import list_connections
from tcptui.points.merge import merge_captures
from tcptui.session.reading_again import packets_read_again
from tcptui.words.errors import UnreadableError
from tcptui.words.merged_refusal import require_shared

if TYPE_CHECKING:
    from tcptui.points.joined import JoinedFinding
    from tcptui.points.listing import Listing
    from tcptui.points.merge import Hop
    from tcptui.points.splits import Splits
    from tcptui.points.undecided import Undecided
    from tcptui.session.session import Session


@dataclass(frozen=True, slots=True)
class Merged:
    """What is known of two captures that have been paired."""

    hop: Hop
    ladders: Ladders
    listing: Listing
    joined: tuple[JoinedFinding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    """Findings that asked for another capture, and that this one does not decide."""
    splits: Splits | None = None
    """How the waits for answers divide; None until the findings are decided."""
    is_decided: bool = False
    """Whether ``joined`` has what both decide of their findings."""

    def undecided_of(self, pair: int) -> tuple[Undecided, ...]:
        """Those of a pair."""
        return tuple(one for one in self.undecided if one.pair == pair)

    def findings_of(self, pair: int, point: int, stream: int) -> tuple[JoinedFinding, ...]:
        """Those of a pair; of a connection that one ``point`` has alone (``pair`` below 0) those of its ``stream``."""
        return tuple(
            one for one in self.joined
            if one.pair == pair and (pair >= 0 or (one.point, one.finding.stream) == (point, stream))
        )  # fmt: skip


class _LeftError(Exception):
    """Nobody waits for the result any more."""


class Merging:
    """Merges ``sessions``, those of A and of B, which somebody else runs."""

    def __init__(
        self, sessions: tuple[Session, Session], names: tuple[str, str], *, is_symmetric: bool = False
    ) -> None:
        """``names``: what the captures are called."""
        self.sessions = sessions
        self.names = names
        self._is_symmetric = is_symmetric
        self.merged: Merged | None = None
        """None: not paired yet."""
        self._is_left = False

    @property
    def is_read(self) -> bool:
        """Whether both captures have been read to their ends."""
        return not any(session.progress.growing for session in self.sessions)

    @property
    def is_judged(self) -> bool:
        """Whether the findings of each are known, by which both decide."""
        return all(map(is_looked_through, self.sessions))

    @property
    def percents(self) -> tuple[int, int]:
        """How much of each has been read."""
        found = []
        for session in self.sessions:
            progress = session.progress
            total = progress.bytes_total
            done = 100 * progress.bytes_read // total if total else 0
            found.append(100 if not progress.growing else min(done, 99))
        return found[0], found[1]

    @property
    def exit_code(self) -> int:
        """0 when both captures were read to their ends; 1 when something of one was not."""
        return 1 if any(session.progress.unread is not None for session in self.sessions) else 0

    def leave(self) -> None:
        """Have `pair` and `decide` end soon, without a result."""
        self._is_left = True

    def pair(self) -> Merged | None:
        """Pair both captures, which have been read; None: left meanwhile.

        Raises TcptuiError where that is impossible.
        """
        for session in self.sessions:
            progress = session.progress
            if progress.phase is Phase.FAILED and progress.notice is not None:
                raise UnreadableError(progress.notice.key, **progress.notice.facts)
        a, b = self.sessions
        with packets_read_again(a), packets_read_again(b):
            hop = merge_captures(a, b, is_symmetric=self._is_symmetric)
            require_shared(hop, self.names)
            if self._is_left:
                return None
            self.merged = Merged(hop, Ladders(hop), list_connections(hop))
        return self.merged

    def decide(self) -> Merged | None:
        """Decide the findings of both, once they are paired; None: left meanwhile.  Raises TcptuiError."""
        before = self.merged
        assert before is not None
        a, b = self.sessions
        try:
            with packets_read_again(a), packets_read_again(b):
                splits, joined, undecided = decide(before.hop, a, b, self._look)
        except _LeftError:
            return None
        listing = list_connections(before.hop, joined)
        self.merged = replace(
            before, listing=listing, joined=tuple(joined), undecided=tuple(undecided), splits=splits, is_decided=True
        )
        return self.merged

    def _look(self) -> None:
        if self._is_left:
            raise _LeftError

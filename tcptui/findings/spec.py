"""The row type of `tcptui.findings.catalog`: what is known of a finding id apart from its rule and its texts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, Flag, StrEnum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.model.finding import AnyId, FindingId
    from tcptui.model.resend_cause import ResendCause


class Family(StrEnum):
    """What a finding is about; ``--stop-on``, ``--keep-around`` and ``--only`` take these names."""

    OPENING = "opening"
    CLOSING = "closing"
    LIVENESS = "liveness"
    LOSS = "loss"
    SPEED = "speed"
    TRUST = "trust"
    """Capture quality: what the capture itself can and cannot show."""
    APPLICATION = "application"
    CAPTURE = "capture"
    """The capture as a whole: one event that several connections show (`tcptui.findings.rules.whole_capture`)."""
    OWN = "own"
    """What a user has defined (`tcptui.session.own`)."""


class Need(Flag):
    """What a finding requires of the capture; where the capture lacks it, the finding is weakened or dropped."""

    NOTHING = 0
    ABSENCE = auto()
    """A packet that was not captured was not sent.  Where the capture missed packets: confidence *possible*."""
    BOTH_SIDES = auto()
    """Packets of both ends.  In a one-sided capture: dropped."""
    CLOCK = auto()
    """Correct times.  Where the capture's clock went back: confidence *possible*."""
    BARE_ACKS = auto()
    """Acknowledgments without data.  In a capture whose filter left them out: dropped; of the family loss, a *possible*
    note."""
    SINGLE_COPIES = auto()
    """Each packet captured once, as copies look like resends.  Where packets were captured twice: a *possible* note."""


class WhenEvicted(Flag):
    """What becomes of a finding when packets of its stream are evicted from a bounded capture."""

    STAYS = 0
    """Made before the eviction it stays true; the packets that are kept cannot prove it."""
    UNSETTLED = auto()
    """More silence, or other streams, may turn it into another finding: kept only once the stream is long silent."""
    MAY_CHANGE = auto()
    """Later packets of the stream may disprove it: dropped when the stream grows."""
    LOCAL = auto()
    """A few segments prove it wherever a capture begins, so the packets that are kept can."""


class Where(Enum):
    """Where another capture of the same connection would decide what caused a finding."""

    NOWHERE = auto()
    """Another capture is not what decides."""
    CLIENT = auto()
    SERVER = auto()
    SENDER = auto()
    """The end that the fact ``sender`` names."""
    OTHER = auto()
    """The end that the fact ``other`` names."""
    RECEIVER = auto()
    """The end that the fact ``receiver`` names; without that fact, any of both."""
    ADDRESS = auto()
    """The end with the address in the fact ``address``."""
    ENDS = auto()
    """Both ends."""
    BETWEEN = auto()
    """Somewhere along the path."""
    BEYOND = auto()
    """Packets that are not of this connection, but of other clients or beyond a device that ends it: their addresses
    are not known here."""


@dataclass(frozen=True, slots=True)
class FindingSpec:
    """One row of the catalog."""

    id: AnyId
    family: Family
    topic: str
    """Module of `tcptui.findings.rules` with its rule."""
    term: str = ""
    """Key of its term in the glossary; empty: the finding's id."""
    case: str = ""
    """Id of the case that teaches it; empty: the finding's id."""
    needs: Need = Need.NOTHING
    explained_by: tuple[FindingId, ...] = ()
    """Causes: where one of them is found with at least the same severity, this is a symptom and becomes a note."""
    covered_by: tuple[FindingId, ...] = ()
    """Findings that say this and more: where one of them is found, this one is dropped."""
    when_evicted: WhenEvicted = WhenEvicted.STAYS
    marked: bool = False
    """Rests on marks or verdicts in the stream table (resends, resets, ICMP errors, zero windows), which
    `tcptui.findings.annotate.needs_attention` tests: a stream with this finding is always judged."""
    lost: str = ""
    """Name of the fact with the seconds that it cost the connection; empty: it costs no time that can be told."""
    shown_by: str = ""
    """Name of the fact with the frame that the screen marks, of the worst of what was found; empty: the packets that
    are a problem by themselves, else the last."""
    names_cause: bool = False
    """Its title names the cause, and its confidence is that of the cause; the event itself is in the packets.  The
    others say what happened; why is a second question (`tcptui.findings.weight.cause_confidence`)."""
    is_outside: bool = False
    """About what is not TCP: no connection tells it, though some may have waited for it."""
    ordinary: bool = False
    """Part of every healthy connection: shown after other findings of the same severity."""
    named_shapes: frozenset[str] = frozenset()
    """Shapes that are a trouble of their own: connections with one are a group apart, with a name of its own."""
    confirms_cause: ResendCause | None = None
    """Resend cause that this finding confirms: where the finding is certain, so is that cause of its evidence."""
    look_at: tuple[tuple[str, Where], ...] = ()
    """Where its *look next* asks for another capture, by shape; the empty shape stands for all that are not listed.
    What its alternatives ask for is in `tcptui.findings.elsewhere.ALTERNATIVES`."""
    needs_content: bool = False
    """What another capture decides is in the bytes of the data, not only in headers."""

    @property
    def glossary_term(self) -> str:
        """Key of its term in the glossary, without the prefix."""
        return self.term or self.id.value

    @property
    def case_id(self) -> str:
        """Id of the case that teaches it."""
        return self.case or self.id.value

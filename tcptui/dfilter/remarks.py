"""What is right and yet may not be what was meant: the traps of the language, and syntax of later versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcptui.dfilter.errors import Span


class RemarkKey(Enum):
    """Kinds of remarks; the value is the end of the catalogue's key ``filter.remark.<value>``."""

    LATER = "later"
    """4.0 refuses the syntax."""
    LATER_FIELD = "later-field"
    LATER_CONSTANT = "later-constant"
    """4.0 refuses a constant before the operator."""
    HEXADECIMAL = "hexadecimal"
    OCTAL = "octal"
    UNQUOTED = "unquoted"
    EXISTS = "exists"
    """A boolean that is only asked to exist."""
    EXISTS_TCP = "exists-tcp"
    NOT_EQUAL = "not-equal"
    NOT_EQUAL_PAIR = "not-equal-pair"
    NOT_IN = "not-in"
    NEVER = "never"
    """Compared with what the field cannot be."""
    SEVERAL = "several"
    """Two limits may be met by two values of one packet."""
    CHAIN = "chain"
    """``any`` or ``all`` before a chain of comparisons, where it does nothing."""
    LOCAL_TIME = "local-time"
    COUNT_ZERO = "count-zero"
    PROTOCOL_BYTES = "protocol-bytes"
    EVERY_FRAME = "every-frame"
    TRUTH_NUMBER = "truth-number"
    """A truth value compared with a number other than 0 and 1."""
    PROTOCOL_NUMBER = "protocol-number"
    """A protocol compared with a number, which stands for its first bytes."""
    STATE_THEN = "state-then"
    """A connection goes through states; every packet has that of its own time."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark about the filter's ``span``; ``facts`` fill its sentence, ``replacement`` is what may be meant."""

    key: RemarkKey
    span: Span
    facts: Mapping[str, object] = field(default_factory=dict)
    replacement: str | None = None

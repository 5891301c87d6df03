"""An ACK that shows by its timestamp echo that an earlier copy had arrived: the Eifel algorithm (RFC 3522, 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.packet_store import OptionBit
from tcptui.model.seq import ahead

if TYPE_CHECKING:
    from tcptui.analysis.stream.view import StreamView


def echoes_earlier_copy(view: StreamView, resend: int, first_copy: int, answer: int) -> bool:
    """Whether segment ``answer``, which acknowledges ``resend``, echoes the timestamp of a copy sent before it.

    An echo older than that of ``first_copy`` is of no copy: a delayed ACK may echo what came before (RFC 7323, 4.3),
    and some stacks write another number there, such as a delay.  Indexes into ``view``; copies with one timestamp
    cannot be told apart.
    """
    if first_copy < 0:
        return False
    if not int(view.options[resend]) & int(view.options[first_copy]) & int(view.options[answer]) & OptionBit.TIMESTAMPS:
        return False
    echo = view.ts_echo.item(answer)
    is_older = ahead(view.ts_value.item(resend), echo) > 0
    return bool(is_older and ahead(echo, view.ts_value.item(first_copy)) >= 0)

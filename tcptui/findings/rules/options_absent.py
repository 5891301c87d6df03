"""Rules about options that the two ends did not agree on (rules/findings.md#opening).

Each of the three works only when both SYNs carry it.  One of them may have left it out, or
something on the way may have taken it out: the packets look the same.
"""

from __future__ import annotations

from typing import Final

from tcptui.analysis.resend.resend import SUSPICIOUS
from tcptui.findings.facts import ConnectionFacts
from tcptui.findings.gates import DECLINED
from tcptui.model.finding import Confidence, Fact, Finding, FindingId, Severity
from tcptui.model.packet_store import OptionBit

#: The largest window without a scale (RFC 7323, 2.2); a stream that carried less never needed more.
UNSCALED_WINDOW: Final = 65_535


def _unused(reading: ConnectionFacts, option: OptionBit) -> str:
    """``declined`` when the client asked for ``option`` and got none, ``not-offered`` when nobody asked; else empty."""
    handshake = reading.handshake
    if handshake is None:
        return ""
    options, issues = reading.view.options, reading.view.issues
    if int(options[handshake.syn_ack]) & option:
        return ""
    # What the capture cut off may have been there.
    if int(issues[handshake.syn]) or int(issues[handshake.syn_ack]):
        return ""
    return "declined" if int(options[handshake.syn]) & option else "not-offered"


def _absent(reading: ConnectionFacts, finding: FindingId, shape: str, **facts: Fact) -> Finding | None:
    handshake = reading.handshake
    if handshake is None:
        return None
    return reading.finding(
        finding,
        (handshake.syn, handshake.syn_ack),
        Severity.NOTE,
        Confidence.CERTAIN,
        ("switched-off", "option-stripped"),
        shape=shape,
        syn_frame=reading.frame[handshake.syn],
        syn_ack_frame=reading.frame[handshake.syn_ack],
        server=reading.view.server.host,
        client=reading.view.client.host,
        rtt_s=reading.seconds(handshake.syn, handshake.third),
        **facts,
    )


def window_scaling_absent(reading: ConnectionFacts) -> Finding | None:
    """`window-scaling-absent`: no window can exceed 65,535 bytes (RFC 7323, 2.2): a limit where round trips are long.

    Asked for and not granted it is always told; never asked for, only where the stream was long enough to feel it.
    """
    shape = _unused(reading, OptionBit.WINDOW_SCALE)
    handshake = reading.handshake
    if not shape or handshake is None:
        return None
    busiest = max(reading.payload_by_side)
    if shape == "not-offered" and busiest <= UNSCALED_WINDOW:
        return None
    rtt_s = reading.seconds(handshake.syn, handshake.third)
    return _absent(
        reading,
        FindingId.WINDOW_SCALING_ABSENT,
        shape,
        limit_bytes=UNSCALED_WINDOW,
        limit_kbps=round(UNSCALED_WINDOW * 8e-3 / max(rtt_s, 1e-6)),
        payload_bytes=busiest,
    )


def sack_absent(reading: ConnectionFacts) -> Finding | None:
    """`sack-absent`: the receiver cannot say what it has beyond a hole (RFC 2018): repairs take longer.

    Never asked for, it is told only where something was sent again.
    """
    shape = _unused(reading, OptionBit.SACK_PERMITTED)
    if not shape or (shape == "not-offered" and not reading.verdicts & SUSPICIOUS):
        return None
    again = sum(1 for resend in reading.resends if reading.length[resend.index])
    if shape == "not-offered" and not again:
        return None
    return _absent(reading, FindingId.SACK_ABSENT, shape, count=again)


def timestamps_absent(reading: ConnectionFacts) -> Finding | None:
    """`timestamps-absent`: round trips and resends are harder to tell apart (RFC 7323, 3), for the ends and for us.

    Windows never asks for them, so not having been asked for says nothing.
    """
    shape = _unused(reading, OptionBit.TIMESTAMPS)
    return _absent(reading, FindingId.TIMESTAMPS_ABSENT, shape) if shape == "declined" else None


RULES: Final = (
    (DECLINED, window_scaling_absent),
    (DECLINED, sack_absent),
    (DECLINED, timestamps_absent),
)

"""All rules about the connection and about the capture, topic by topic, in the order in which they run.

Each rule is listed with its gate: the bits of `tcptui.findings.gates` of which a stream must have at least one.  Rules
about payload are separate (`tcptui.findings.rules.application`), because not every caller may read payload.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.rules import (
    accept_queue,
    ack_loss,
    capture_faults,
    capture_gaps,
    challenge_ack,
    checksum,
    close,
    content_conflict,
    ecn,
    half_close,
    handshake,
    keep_alive,
    lost_retransmission,
    nagle,
    no_answer,
    options_absent,
    packet_too_big,
    path_lost,
    path_mtu,
    receive_window,
    request_unanswered,
    reset,
    reset_unread_data,
    retransmission,
    sack_mangled,
    think_time,
    transfer_limits,
    unfilled_gap,
    window_shrunk,
    zero_window,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.finding import Finding

    #: The gate's bits, and the rule.
    GatedRule = tuple[int, Callable[[ConnectionFacts], Finding | None]]

#: Rules about the connection.  Findings of equal severity that begin at the same packet keep the order of their rules.
RULES: Final[tuple[GatedRule, ...]] = (
    *handshake.RULES,
    *no_answer.RULES,
    *accept_queue.RULES,
    *challenge_ack.RULES,
    *options_absent.RULES,
    *close.RULES,
    *half_close.RULES,
    *reset.RULES,
    *reset_unread_data.RULES,
    *request_unanswered.RULES,
    *retransmission.RULES,
    *lost_retransmission.RULES,
    *unfilled_gap.RULES,
    *ack_loss.RULES,
    *checksum.RULES,
    *content_conflict.RULES,
    *ecn.RULES,
    *sack_mangled.RULES,
    *keep_alive.RULES,
    *packet_too_big.RULES,
    *path_lost.RULES,
    *path_mtu.RULES,
    *zero_window.RULES,
    *receive_window.RULES,
    *window_shrunk.RULES,
    *think_time.RULES,
    *nagle.RULES,
    *transfer_limits.RULES,
)
#: Rules about the capture: their findings weaken or drop those of the other rules.
CAPTURE_RULES: Final[tuple[GatedRule, ...]] = (*capture_gaps.RULES, *capture_faults.RULES, *ack_loss.CAPTURE_RULES)

"""The rules, one module for each topic of the rule book (rules/findings.md).

Opening:       ``handshake``, ``no_answer``, ``accept_queue``, ``challenge_ack``, ``options_absent``
Closing:       ``close``, ``half_close``, ``reset``, ``reset_injected``, ``reset_unread_data``
Liveness:      ``keep_alive``, ``path_lost``, ``path_mtu``
Loss, order:   ``retransmission``, ``lost_retransmission``, ``spurious``, ``ack_loss``, ``checksum``, ``ecn``,
               ``content_conflict``
Speed:         ``think_time``, ``zero_window``, ``receive_window``, ``window_shrunk``, ``transfer_limits``, ``nagle``
The capture:   ``capture_gaps``, ``capture_faults``
Application:   ``http``, ``http_length``, ``event_stream``, ``websocket``

A rule is a function `ConnectionFacts` → `Finding` or None, listed in its module's ``RULES`` with the gate bits of which
it needs at least one.  A rule that cannot decide returns None.  Thresholds are named constants and quoted in the rule
book.
"""

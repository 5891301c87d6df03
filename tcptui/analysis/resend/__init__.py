"""Retransmissions: which segments look sent again, and why each was sent.

``resend``            `Resend`: one suspicious segment and what is known about it
``copies``            which segments are suspicious; copies of one transmission, overtaken segments
``sender_view``       what the sender knew: which ACK had reached it, what it had sent
``classify``          one cause for each, first match wins, or an honest *unknown*
``same_start``        the resends of one segment
``ip_id``             packets that an end sent and that were not captured, by its IP identification numbers

The table of rules: rules/findings.md#why-a-segment-was-sent-again.  Only suspicious segments are visited one by one.
"""

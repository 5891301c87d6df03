"""The TCP engine: streams, verdicts, states of both ends, causes, timing.  Sans-io: time comes from packets.

``analyzer``          runs the kernel over batches and keeps the stream table
``kernel``            verdicts and states, one segment at a time, in integers; compiled or plain
``stream``            the stream table, one stream as columns, sequence numbers that do not wrap
``resend``            why each resent segment was sent again
``correction``        corrects states that later packets disprove
``timing``            path delays, send gaps, recovery, the time budget
``mptcp``             MPTCP subflows, as far as the duplicate-ACK rule needs them
``capture_point``     where the capture was made, by handshakes and acknowledgments
``capture_quality``   drops, cuts and clock steps of the whole capture

Results do not depend on where batches are cut, nor on whether the kernel is compiled; tests check both.  Rules:
rules/tcp-analysis.md (verdicts), rules/findings.md (causes, time budget).

Called by `session.pipeline` (every batch) and by `findings` (one stream, or many short ones).  Knows no words, no
files and no screens; imports `wire` and `model`.
"""

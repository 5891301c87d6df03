"""Where the time of a connection went, every nanosecond in exactly one part.

``path_delay``        the way from the capture point to either end and back
``rtt_samples``       round trips that acknowledgments measured
``send_gaps``, ``send_gap_table``  what each segment of a transfer waited for: window, ACK, program
``recovery``          time spent on recovery from loss
``budget``, ``budget_parts``  the split into parts and turns, of one stream or of many at a time
``segments``, ``events``, ``stretches``  their columns, where time is cut, and what each stretch was a wait for
``answers``           what the stretches before answers can have been

Findings about speed take their numbers from here (rules/findings.md#where-the-time-went).
"""

"""The verdict kernel: one pass over the packets of a batch, compiled by numba or run as plain Python.

One source for both: integers in preallocated arrays or lists, no objects, no allocation.  So it may be long, and its
constants are spelled out of the enums; each rule is labelled with its section of rules/tcp-analysis.md.

``segment``           finds each segment's stream, gives it verdicts, RTTs and bytes in flight
``states``            the states of both ends
``columns``           the state tables' columns, and every enum member used, as plain integers
``transitions``       RFC 9293's state machine as one table; the help screen's diagram is drawn from it
``tables``            what outlives a batch: a row per direction and stream, the pool of unacknowledged segments
``idle_rows``         the same of streams at rest, in as few bytes as their columns need

Called by `analysis.analyzer` for every batch, and by `analysis.correction` to judge the states of one stream again.
Any change here is checked against tshark and against the mutants of ``tests/adversary``.
"""

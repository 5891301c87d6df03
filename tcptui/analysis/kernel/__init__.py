"""The verdict kernel: one pass over the packets of a batch, compiled by numba or run as plain Python.

One source for both: integers in preallocated arrays or lists, no objects, no allocation.  So its functions may be long,
and enum members are copied to module constants; each rule is labelled with its section of rules/tcp-analysis.md.

``segment``           finds each segment's stream, gives it verdicts, RTTs and bytes in flight
``states``            the states of both ends
``columns``           the state tables' columns, and every enum member used, as plain integers
``transitions``       RFC 9293's state machine as one table; the help screen's diagram is drawn from it
``direct_decisions``  state changes that are made without that table, and why
``tables``            state kept between batches: a row per direction and stream, the pool of unacknowledged segments
``idle_rows``         compressed storage for the state of idle streams

Called by `analysis.analyzer` for every batch, and through it by `analysis.correction` to judge a stream's states again.
Any change here is checked against tshark and against the mutants of ``tests/adversary``.
"""

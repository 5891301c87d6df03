"""The engine's inner loop, written once in the part of Python that numba compiles, and run as plain Python without it.

- `segment`: one loop over the rows of a batch: streams, Wireshark's verdicts, timing, bytes in flight;
- `states`: the TCP states of both ends after each segment, called by that loop;
- `transitions`: RFC 9293's state diagram as a table, `direct_decisions`: what is decided without it;
- `columns`: the columns of the state tables, and the enum members that the loop uses, as plain integers;
- `tables`: the state between batches; `idle_rows`: that of idle streams, compressed.
"""

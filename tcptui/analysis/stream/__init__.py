"""One connection, or many, as columns.

``table``             one row a stream, numbered as ``tcp.stream``: sums, marks, scales, times
``view``              one stream, seen from client and server
``columns``           the columns that views are cut from
``unwrapped_seq``, ``compact_columns``  sequence numbers that never wrap, in little room
``clean_streams``     ordinary short connections, recognised thousands at a time
``longest_waits``     how long each stream ever waited, kept while packets come
``same_server``       other connections to the same server, and ICMP errors

The table lets healthy streams be skipped; a view is made only of a stream that somebody asks about.  ``clean_streams``
follows the thresholds of `analysis.timing.budget`; a test holds the two together.
"""

"""One connection, or many, as columns.

``table``             one row a stream, numbered as ``tcp.stream``: sums, marks, scales, times
``view``              one stream, seen from client and server
``columns``           the columns that views are cut from
``unwrapped_seq``, ``compact_columns``  sequence numbers that never wrap, in little memory
``longest_waits``     the longest time between frames of each stream, updated batch by batch
``endings``           who ended each stream, after how long a silence, and whether the other end had spoken last
``same_server``       other connections to the same server, and ICMP errors

The table lets rules skip healthy streams; a view is made only of a stream that is asked for.
"""

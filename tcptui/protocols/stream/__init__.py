"""The byte stream of each direction, put together from segments.

``segments``          data segments of one direction at offsets that never wrap
``byte_ranges``       which segment carried each byte first: interval arithmetic on arrays
``reassembly``        `ByteStream`: bytes in order, each tied to its packet; holes stay holes
``segment_place``     where a segment lies in its direction's bytes
``conversation``      both directions in the order in which they could be heard

Bytes are read from the spool when asked for.  The first copy of a byte counts.
"""

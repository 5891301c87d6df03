"""The byte stream of each direction, reassembled from segments.

``segments``          data segments of one direction at offsets that never wrap
``byte_ranges``       which segment first carried each byte: interval arithmetic on arrays
``reassembly``        `ByteStream`: bytes in order, each with its packet, and the gaps between them
``segment_place``     which bytes of its direction a segment carries
``touching``          which messages such bytes are part of
``conversation``      both directions interleaved, in the order in which their bytes became readable

Bytes are read from the spool on demand.  Of several copies of a byte the first counts.
"""

"""HTTP/2 (RFC 9113) and gRPC: frames, HPACK, streams as requests with their answers, and their header tree.

``frames``, ``hpack``             the bytes: headers and payloads of frames; header blocks, also without their table
``huffman``                       the texts in those
``synchronise``, ``opening``      where frames begin; prior knowledge, upgrade, or amid a connection
``direction``                     the frames of one direction, in order, told to a ``Listener``
``streams``, ``index``            frames collected into streams; all frames by their place, for the header tree
``messages``, ``requests``        a stream as two `HttpMessage`; the requests of a connection
``preface_rows``                  which streams begin as HTTP/2, by their first bytes
``grpc``                          length-prefixed messages, and the status in trailers
``protobuf``                      their content, as far as it can be read without a schema
``history``, ``prefilter``        the frames in the order of time, for rules; which streams are read unasked
``http2_stream``                  one connection as a `ParsedStream`; what *follow stream* shows
``tree`` and what begins so       the header tree for the packet on screen

An endpoint's state machine would end at the first thing that a tap sees otherwise: nothing here refuses to go on.
Both directions are read in step, and only streams that are open at a time are held.  All bytes come from a
`ByteStream`, whoever made it.
"""

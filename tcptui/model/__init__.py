"""Values that every layer shares: numpy and the standard library only, no I/O and no rules.

Packets and connections:
``packet_store``      all packets as columns: what was read, and what the engine concluded
``packet_view``       one packet with everything known about it, for the screen
``flow_table``        unordered pairs of endpoints under dense numbers
``endpoint``          address and port
``mptcp_options``     bytes of MPTCP options, of the few rows that have such
``arrays``, ``sparse_array``, ``sparse_mask``, ``lru``  long columns in little memory; a cache

TCP:
``seq``               sequence arithmetic modulo 2**32; the only place that handles wrap-around
``tcp_flags``, ``tcp_state``  flag bits, state names
``verdict``           Wireshark's verdicts as bits
``resend_cause``      why a segment was sent again

Fields:
``fields``, ``field``, ``field_rows``  every field once: Wireshark's name, type, unit, doc, column or reader

Conclusions and trouble:
``finding``           ids, severity, confidence, `Finding`
``capture_point``     client, server, middle, unknown
``errors``            what can go wrong for a user, as one tree of exceptions
``safe_text``         the one way by which text out of packets reaches screens, reports and file names
``units``, ``pcap_format``  units of numbers in text; numbers of the file formats
``descriptors``       file descriptors of this process

Imported by all other packages; imports none of them.
"""

"""Values that every layer shares: numpy and the standard library only, no I/O and no rules.

Packets and connections:
``packet_store``      all packets as columns: what was read, and what the engine concluded
``packet_view``       one packet with everything known about it, for the screen
``flow_table``        dense ids for flows, which are unordered pairs of endpoints
``endpoint``          address and port
``mptcp_options``     TCP option bytes of the few segments whose MPTCP options do more than number data
``arrays``, ``sparse_array``, ``sparse_mask``  long columns in little memory
``lru``               a bounded LRU cache

TCP:
``seq``               sequence arithmetic modulo 2**32; the only place that handles wrap-around
``tcp_flags``, ``tcp_state``  flag bits, state names
``verdict``           Wireshark's verdicts as bits
``resend_cause``      why a segment was sent again

Fields:
``fields``, ``field``, ``field_rows``  the registry of fields: Wireshark's name, type, unit, doc, column or reader

Conclusions and trouble:
``finding``           ids, severity, confidence, `Finding`
``capture_point``     where a capture was made: client, server, middle, unknown
``errors``            what can go wrong for a user, as one tree of exceptions
``safe_text``         sanitises untrusted text before it reaches screens, reports and file names
``units``, ``pcap_format``  units of numbers in text; numbers of the file formats
``descriptors``       redirects file descriptors to the null device
``how_ended``         how another process ended, in a word

Imported by all other packages; imports none of them.
"""

"""The header tree of one packet, in Wireshark's terms and depth.

``tree``              builds the tree, layer by layer
``application``, ``reassembled``  the payload of TCP, and the segments that a message came in
``node``, ``builder``, ``cursor``  tree nodes with their byte ranges; nodes under construction; state while building
``frame_bytes``, ``frame_place``  bounds-checked reading; from stream offsets to bytes of the frame
``frame``, ``ethernet``, ``cooked``, ``ipv4``, ``ipv6``, ``icmp``, ``udp``, ``data``  the layers
``fragments``         the datagram that an IP fragment completes
``tcp``, ``tcp_options``, ``mptcp``, ``tcp_analysis``  TCP, with our analysis where Wireshark puts its own
``coloring_rules``, ``field_names``, ``mac_vendors``  Wireshark's names and colouring rules
``scapy_tree``        all other protocols, by scapy, in its own process (`tcptui.protocols.scapy_child`)

Labels are always English, as in Wireshark.  Called for the packet on screen only.
"""

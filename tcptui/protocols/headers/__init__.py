"""One packet as a tree of headers, in Wireshark's terms and depth.

``tree``              builds it, layer by layer; ``application``, ``reassembled`` what was carried
``node``, ``builder``, ``cursor``, ``frame_bytes``, ``frame_place``  nodes that know their bytes, and survive their end
``frame``, ``ethernet``, ``cooked``, ``ipv4``, ``ipv6``, ``icmp``, ``udp``, ``data``  the layers
``tcp``, ``tcp_options``, ``mptcp``, ``tcp_analysis``  TCP with the engine's conclusions where Wireshark puts its own
``coloring_rules``, ``field_names``, ``mac_vendors``  names and rules of Wireshark's
``scapy_tree``, ``scapy_loader``  every other protocol, by scapy, imported late

Labels stay English, as in Wireshark.  Called for the packet on screen only.
"""

"""The capture child: the one process that holds CAP_NET_RAW, and nothing else.

It is started before root is given up, parses no packet, reads no file, and ends with the program that started it.

``main``              the process: gives up rights, then serves requests
``protocol``          what both sides say, one JSON object a line over a socket pair
``control``           the child's end of that socket pair
``client``            the child as the program sees it
``loop``              one capture: libpcap's handle polled, the spool filled, levels told
``pcap_handle``       an open libpcap handle, or why there is none
``packet_ring``, ``ring_geometry``  blocks of the kernel's ring copied to the file; how the ring is laid out
``buffer_size``, ``priority``  the ring's size; nice values

Only ``client``, ``protocol``, ``buffer_size`` and ``priority`` are used outside.  Everything the child needs is
imported before its rights go.
"""

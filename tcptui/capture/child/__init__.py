"""The capture child: the one process that keeps a capability, CAP_NET_RAW and no other.

It is started before root is given up, parses no packet, opens no capture file, and ends with the program that
started it.

``main``              the process: drops privileges, then serves requests
``protocol``          the messages of both sides, one JSON value a line over a socket pair
``control``           the child's end of that socket pair
``client``            the app's end: starts the child, sends requests, receives messages; the ring's default size
``loop``              one capture: polls libpcap's handle, fills the spool, sends `Level` messages
``stream_writer``     gives a pipe what libpcap's dumper wrote to memory, and sees what fails
``pcap_handle``       opens a libpcap handle, or says why it cannot
``packet_ring``, ``ring_geometry``  copies blocks of the kernel's ring to the file; the ring's layout
``priority``          nice values

Only ``client``, ``protocol`` and ``priority`` are used outside.  Everything the child needs is imported before it
drops its privileges.
"""

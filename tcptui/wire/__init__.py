"""Bytes to columns: record framing, link layers, IP, tunnels, TCP and its options.  No I/O.

Everything here is vectorised over a batch of frames, except what must follow a chain of lengths.

``records``, ``record_scanner``, ``pcapng_options``  where packets begin in pcap, pcapng and snoop
``decode``            a batch of frames to columns of the packet store
``header_walk``       the vectorised walk: which frame is at which layer and offset
``link``              link layers, from a frame to its network header
``ip``, ``ip_fragments``, ``completed_datagrams``  IPv4, IPv6, ICMP quotes, fragments put together
``tunnels``           tunnels that tshark decapsulates by default, by the same ports
``tcp_options``, ``mptcp_options``  options of a whole batch
``message_runs``      rows of large results passed over by machine code, for the protocols' readers
``header_texts``      texts of HTTP/2's header blocks decoded by machine code, for its reader
``checksum``          the Internet checksum, and how to recognise checksum offload
``numba_compile``     one Python source for scalar kernels, compiled where numba is installed
``object_code``, ``kernel_cache``  inlining before that, machine code as files; where they are kept

Called by `session.pipeline` for every batch, and by screens for one packet.  Must not read files or sockets, and must
survive any bytes: a header that lies is marked in `DecodeIssue`, never raised.
Imports `model` only.
"""

"""Packet sources, the spool on disk, capture filters, and giving up root.  All packet I/O is here.

Sources, alike to the session (`source.Source`):
``source``            what every source looks like: a spool that may still grow, announced as a level
``file_source``       a capture file: the file itself is the spool, unless it is packed
``live_source``       an interface, through the capture child
``stream_source``     stdin, a pipe, a packed file: written to a spool by a thread
``ssh_source``        tcpdump on another host
``tee_source``        packets that also go to files as they come (``-w``)
``byte_reader``, ``decompress``  descriptors that may block; .gz and .zst

What is written, and what is left out:
``spool``             the pcap file on disk behind every source
``output_files``, ``rotation``  files of ``-w``; ``-C``, ``-W``, ``-G``
``bpf``               capture filters over files
``own_ssh``           the connection that shows our own screen

Rights and the host:
``child``             all code that ever holds CAP_NET_RAW
``privileges``, ``capabilities``  giving up root, and what is left
``interfaces``, ``socket_diag``  this host's interfaces; the kernel's view of a connection

Called by `cli` (opens sources) and `session` (reads spools).  Knows nothing of TCP analysis.
"""

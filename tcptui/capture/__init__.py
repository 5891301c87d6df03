"""Packet sources, the spool on disk, capture filters, and giving up root.  All packet I/O is here.

Sources; the session sees all of them as a `source.Source`:
``source``            the protocol: a spool that may still grow, its end announced as a level
``file_source``       a capture file: the file itself is the spool, unless it is compressed
``live_source``       an interface, through the capture child
``stream_source``     stdin, a pipe, a compressed file: written to a spool by a thread
``ssh_source``        tcpdump on another host
``tee_source``        wraps a source and also writes its packets to files (``-w``)
``byte_reader``, ``decompress``  interruptible reads of descriptors that may block; .gz and .zst

Files, and filters:
``spool``             the capture file on disk behind every source
``output_files``, ``rotation``  files of ``-w``; ``-C``, ``-W``, ``-G``
``bpf``               capture filters applied to files
``own_ssh``           finds the SSH connection that shows our own screen, to filter it out

Privileges and the host:
``child``             the capture process: the only code that keeps CAP_NET_RAW
``privileges``, ``capabilities``  giving up root; Linux capabilities
``interfaces``, ``socket_diag``  this host's interfaces; the kernel's socket data (inet_diag)

Called by `cli` (opens sources) and `session` (reads spools).  Knows nothing of TCP analysis.
"""

"""``watch SOURCE…``: many live sources, one list of findings.

Each source has a process of its own, which is `--no-screen` of that source, and tells its findings over a socket.

``sources``       what the words of the command line name
``order``         what a source's process is told to do, and the messages between both
``source_process``  that process
``measures``      what it counts and measures besides findings
``feed``          one source, as the supervising process has it: its process, its messages, its reconnecting
``recorder``  ``--keep-last``: a bundle of what came last
``lines``         a finding as a line of the merged list
``supervisor``    all sources together
"""

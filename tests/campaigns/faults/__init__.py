"""Injected faults: processes are killed, disks fill, files are cut, memory is short, at random moments of real runs.

``numbered``   packets that say which one they are, and which of them a file holds
``capturing``  runs that capture, live and from a pipe: what was reported is kept
``reading``    commands over a file: the answer is that of a run without a fault, or none
``campaign``   ``python -m tests.campaigns.faults.campaign``: many runs, and a table (root, network namespaces, tmpfs)

The rule: what the user was told is captured is in a whole file or can be recovered; what stood in a file before is
there until its successor is; no answer is given from half of the input; no process and no terminal is left as it
should not be.
"""

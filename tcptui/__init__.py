"""tcptui: what a TCP capture means, in the terminal.

A capture, live or from a file, becomes columns of packets, a table of connections, verdicts as Wireshark gives them,
the states of both ends, and findings: what went wrong, by which packets that is known, and how sure it is.

Imports go one way (`lint-imports`), from top to bottom:

``cli``        the command line: words in, results out, an exit code
``ui``         the screens; the only package that imports textual
``session``    one open capture, from its sources to findings, in the background
``lessons``    the bundled cases, questions, the quiz (beside ``session``)
``words``      every sentence, in English and Chinese
``findings``   from facts to findings: the rules and the catalog of ids
``protocols``  byte streams, HTTP and what follows it, the header tree of a packet
``analysis``   the TCP engine: verdicts, states, causes, timing; no I/O
``capture``    sources of packets, the spool, giving up root (beside ``analysis``)
``wire``       bytes to columns; no I/O
``model``      values that all others share
``docs``       the architecture, how to contribute, and the rule books

Start with ``docs/architecture.md`` (the way of a packet) and ``docs/contributing.md`` (how to add a finding, a
protocol, a pane).
"""

__version__ = "0.1.0"

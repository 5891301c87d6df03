"""tcptui: what a TCP capture means, in the terminal.

A capture, live or from a file, becomes columns of packets, a table of connections, verdicts as Wireshark gives them,
the states of both ends, and findings: what went wrong, which packets prove it, and how certain that is.

Imports go one way (checked by `lint-imports`), from top to bottom:

``cli``        the command line: arguments in, results and an exit code out
``ui``         the screens; the only package that imports textual
``session``    one open capture, from its sources to findings, in the background
``lessons``    the bundled cases, questions, the quiz (beside ``session``)
``words``      every sentence, in English and Chinese
``findings``   from facts to findings: the rules and the catalog of ids
``protocols``  byte streams, HTTP and the protocols on top of it, the header tree of a packet
``analysis``   the TCP engine: verdicts, states, causes, timing; no I/O
``capture``    sources of packets, the spool, dropping root privileges (beside ``analysis``)
``wire``       decoding of packets into columns; no I/O
``model``      values that all other packages share
``docs``       the architecture, how to contribute, and the rule books

Start with ``docs/architecture.md`` (the way of a packet) and ``docs/contributing.md`` (how to add a finding, a
protocol, a pane).
"""

__version__ = "0.1.0"

"""Findings as they are made: ``--stop-on``, ``--keep-around``, ``--no-screen``.

``options``           what was asked for, as a value
``attach``            adds it to a session, with a screen or without
``watcher``           waits for findings while a capture grows
``schedule``          which streams are due to be judged again
``finding_log``       found, changed, gone: events of findings
``packet_saver``      the packets around a finding, written to files
"""

"""Acts on findings as they are made: ``--stop-on``, ``--keep-around``, ``--no-screen``.

``options``           the options as a dataclass
``attach``            attaches a watcher to a session, with or without a screen
``watcher``           the session's observer: reports findings, stops the capture, has packets saved
``schedule``          which streams are due to be judged again
``finding_log``       turns findings into events: found, changed, gone
``packet_saver``      the packets around a finding, written to files
"""

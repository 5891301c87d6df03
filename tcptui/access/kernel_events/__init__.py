"""The kernel's trace events with the packets they are about: records (`tcptui.model.kernel_event`), tied to rows.

===============  ==========================================================================
``log``          the records, as they come or from a file
``companion``    the file next to a capture that has them
``ties``         which packet an event is about, or why none is named
``tied_events``  those of one open capture, and how often kernel and engine agree
===============  ==========================================================================
"""

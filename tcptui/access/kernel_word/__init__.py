"""The kernel's word beside the packets: records of trace events (`tcptui.model.kernel_event`), tied to rows.

==========  ==========================================================================
``log``     the records, as they come or from a file
``kept``    the file in which they are kept beside a capture
``ties``    which packet an event is about, or why none is named
``word``    all of that of one open capture, and how often kernel and engine agree
==========  ==========================================================================
"""

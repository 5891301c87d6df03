"""One open capture: from its sources to columns and findings, in the background.

``session``           `Session`: what screens and reports read; levels, and a revision that moves with them
``pipeline``          spools in, columns out, a batch at a time
``worker``            the thread that works for the event loop; ``catch_up`` is what it does in each round
``progress``, ``lag``  how far it is, and how far behind

Findings: ``lazy_annotator`` imports the rules on first use, ``findings_cache`` keeps findings of all streams up to
date, ``observer`` is told of them as they are made, ``watch`` acts on them (``--stop-on``, ``--keep-around``).

Memory: ``retention`` bounds rows, connections and spool and evicts the oldest; ``memory`` bounds what a file may take;
``stream_rows``, ``stream_cache``, ``seq_bases`` and ``packet_reader`` serve one stream or one packet at a time.

Staying out of the way: ``input_priority`` (background work waits while a key is answered), ``jit_thread`` (the
compiler), ``gc_control`` (no collections while importing).

Called by `ui` and `cli`.  Attributes may be read from the event loop at any time; one worker thread writes.  Must not
import textual, rich or scapy, and knows no command line.
"""

"""The spool: the pcap file on disk that every source is, or is written to.

``files``             temporary spools and files of ``-w``: created 0600, never over a file, bounded
``named``             a temporary spool with a name, so that an accident does not take it along
``reader``            reads a spool in blocks and finds the packets in it
``punch``             evicts the oldest bytes: a hole between file header and first kept record
``recover``           spools that an accident left behind, found and saved

Offsets into a spool never change.  Readers use `pread` at a descriptor; whoever writes announces how far the file goes.
"""

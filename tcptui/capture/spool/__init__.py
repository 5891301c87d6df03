"""The spool: the capture file on disk that the packets of every source are read from.

``files``             creates temporary spools (of bounded size) and files of ``-w``: mode 0600, never over a file
``named``             a temporary spool with a file name, so that it survives a crash
``reader``            reads a spool in blocks and finds the packets in them
``whole_records``     where the whole records end that an interrupted writer left
``punch``             evicts the oldest bytes: a hole between file header and first kept record
``recover``           finds and saves spools of captures that a crash interrupted

Offsets into a spool never change.  Readers use `pread` at a descriptor; the writer announces the file's end.
"""

"""An open capture as its readers have it, whoever opened it: the protocols, and single packets and streams on demand.

``open_capture``      `OpenCapture` and `JudgedCapture`: what readers are given, and functions over it
``packet_reader``     one packet at a time
``seq_bases``, ``stream_rows``, ``stream_state``  serve one stream at a time
``requests``          the requests of a connection, with their times
``progress``          how far the capture has been read
``notes``             marks and notes beside the file
``indexes``           what is built of a capture once, when it is first requested

`Session` is such a capture.  Nothing here opens, runs or closes one.
"""

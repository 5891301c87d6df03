"""All packet I/O: interfaces, capture files, the spool, and giving up root."""

"""A part of a capture as a capture of its own: which packets, and how they are written."""

"""The verdict kernel: one pass over the packets of a batch, compiled by numba or run as plain Python."""

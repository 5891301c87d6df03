"""What the bytes say: reassembly, the protocols on top of TCP, the header tree of one packet."""

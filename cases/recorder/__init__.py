"""How the bundled cases are recorded: real sockets, a capture, and the kernel's own word."""

"""One connection: its row in the stream table, its columns, its sequence numbers unwrapped."""

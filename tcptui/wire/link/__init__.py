"""Link layers: from a frame to its network header."""

"""From findings and packets to sentences, in English and Chinese."""

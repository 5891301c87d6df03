"""Chinese sentences, written by the glossary (shared terms stay one for one)."""

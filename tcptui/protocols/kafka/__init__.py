"""Kafka's protocol (kafka.apache.org/protocol): requests to a broker and its responses."""

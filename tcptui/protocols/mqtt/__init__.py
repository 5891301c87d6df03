"""MQTT (3.1, 3.1.1, 5.0; OASIS): the packets that clients and a broker exchange."""

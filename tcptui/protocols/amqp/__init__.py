"""AMQP 0-9-1 (amqp.org; RabbitMQ's extensions): the frames that clients and a broker exchange."""

"""What a request asks for, without the values that differ from one time to the next: by this requests are grouped."""

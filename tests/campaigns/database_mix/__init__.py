"""Small dramas around real databases, several at once, drawn from a seed; what is true the servers' logs say."""

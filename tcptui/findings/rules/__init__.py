"""The rules, one module per topic of the rule book."""

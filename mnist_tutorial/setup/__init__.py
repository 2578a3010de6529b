"""Set-up: what gets a person started, with or without a network."""

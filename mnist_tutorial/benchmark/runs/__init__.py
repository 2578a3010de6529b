"""Runs: recipes trained with several seeds, each once, on this machine or on many."""

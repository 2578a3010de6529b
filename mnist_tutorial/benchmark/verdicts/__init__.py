"""Verdicts: what is different, who is best, what has become worse."""

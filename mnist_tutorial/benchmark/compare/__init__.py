"""Comparisons: what differs, who is best, and what has become worse."""

"""Results: what one run came to, and the file that keeps it."""

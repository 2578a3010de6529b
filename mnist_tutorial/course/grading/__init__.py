"""Grading: notebooks that were handed in, and which exercises they solve."""

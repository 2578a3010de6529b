"""Recipes: each is one function, with all that determines its result."""

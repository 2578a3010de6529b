"""Recipes: functions, each with everything that determines its results."""

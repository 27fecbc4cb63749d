"""Suggestions while somebody types what they look for."""

"""Preferences: what a person wants to hear, by which way, in how many words, and when not."""

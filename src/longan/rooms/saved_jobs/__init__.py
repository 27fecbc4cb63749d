"""Postings a person has kept, and those they have opened."""

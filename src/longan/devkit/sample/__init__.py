"""Postings, rooms and people that exist on a developer's machine only."""

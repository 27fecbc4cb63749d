"""Postings one keeps and opens."""

"""Postings: their states and drafts, rulings on them, their employers, and how files write and name them."""

"""Postings: what work there is, where, for what pay."""

"""Figures: for an employer of its own postings, and of the labour market for everybody."""

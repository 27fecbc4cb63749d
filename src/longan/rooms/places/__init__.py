"""Wards and provinces of today and of before, and the way between them."""

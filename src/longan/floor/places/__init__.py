"""Wards of now and before, points, industrial parks, and places in words."""

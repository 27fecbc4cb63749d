"""Rooms, dormitories and houses to rent, and what living there costs."""

"""The rooms: one responsibility each, side by side; none imports another."""

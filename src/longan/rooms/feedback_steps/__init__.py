"""What officials do with a report to 1022: each step on its way, its urgency, what of it is public, what it repeats."""

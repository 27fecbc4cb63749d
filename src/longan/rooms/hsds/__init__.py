"""HSDS: procedures as services of the Human Services Data Specification 3.1, for whoever exchanges such data."""

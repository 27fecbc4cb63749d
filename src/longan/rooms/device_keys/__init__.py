"""The devices an account trusts, by their keys: seeing, enrolling and removing them."""

"""Public services: what a person can ask of the administration, and what it takes."""

"""The benchmark: this service, the limit it could reach, and what a user would pick instead."""

"""What is recommended, and why."""

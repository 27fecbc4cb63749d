"""Another phone number, and the way back to an account."""

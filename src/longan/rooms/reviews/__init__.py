"""Officials look at who people say they are, and decide."""

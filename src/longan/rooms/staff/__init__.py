"""Officials and administrators: their roles, granted and ended by two people."""

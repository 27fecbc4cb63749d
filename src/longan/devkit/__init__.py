"""What only a developer's machine runs: embedded servers, sample data, stand-ins; never imported in production."""

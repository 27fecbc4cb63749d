"""What only a developer's machine runs: the embedded servers, sample data, local stand-ins. Never imported in production."""

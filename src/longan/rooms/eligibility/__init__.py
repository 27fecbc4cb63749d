"""Who may get social housing: an answer that explains itself, the rules behind it, projects, and one's own case."""

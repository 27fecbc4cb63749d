"""Links to postings that people pass on, and how often they were opened."""

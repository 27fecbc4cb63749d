"""What officials decide on postings that the honesty guard holds, and on appeals of their employers."""

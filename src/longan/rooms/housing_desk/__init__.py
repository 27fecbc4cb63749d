"""What officials decide on listings that wait for one, appeals of their owners, and pictures that several show."""

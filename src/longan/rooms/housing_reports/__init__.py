"""What people say of listings, and what officials answer them."""

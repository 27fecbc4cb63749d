"""What happens, told as it happens to whoever keeps a stream open."""

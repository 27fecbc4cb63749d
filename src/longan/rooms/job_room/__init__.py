"""Jobs and rooms together: what is left each month after the true cost of the room and the way to work."""

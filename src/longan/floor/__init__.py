"""What every room stands on, by topics; the topics stand on each other, and none on a room."""

"""The numbers of those who have agreed on a time to see a room, who has seen them, and how owners answer."""

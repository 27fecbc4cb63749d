"""PostgreSQL and what is made of it: rows, lists and their pages, tasks and reminders; calls between processes."""

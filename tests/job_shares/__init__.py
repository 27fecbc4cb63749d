"""Links to jobs that are passed on."""

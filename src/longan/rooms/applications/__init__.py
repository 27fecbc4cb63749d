"""Applications: a worker asks for a job, and the employer answers step by step."""

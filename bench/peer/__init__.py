"""What a user would pick instead: FastAPI, SQLAlchemy 2 and Pydantic on uvicorn, written as their documentation shows.

It runs in an environment of its own and knows nothing of this project but its database.
"""

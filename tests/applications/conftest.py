"""What the worker gives to tasks, as the tests of publishing have it."""

from tests.publishing.conftest import context

__all__ = ["context"]

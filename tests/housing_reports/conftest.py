"""What the worker gives to tasks, over the rolled-back connection."""

from tests.letting.conftest import context

__all__ = ["context"]

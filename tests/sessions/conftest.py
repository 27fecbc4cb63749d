"""Signing in, as in tests/identity."""

from tests.identity.conftest import *  # noqa: F403

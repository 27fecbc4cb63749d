"""The stand-in of the integration platform, for whoever looks a dossier up before rating it."""

from tests.dossiers.conftest import google, look, platform, source

__all__ = ["google", "look", "platform", "source"]

"""Where a procedure of the national database is linked to: its own page at the national portal, and nowhere else."""

PORTAL = "https://dichvucong.gov.vn/"


def portal_url(url: str | None) -> str:
    """The page itself, or the portal's front page: what was imported may say anything."""
    return url if url is not None and url.startswith(PORTAL) else PORTAL

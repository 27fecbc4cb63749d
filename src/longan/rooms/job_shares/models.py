"""Nouns of the room: a link that is passed on, and what it leads to."""

import msgspec

from longan.floor.base.errors import Problem
from longan.floor.base.fields import Count, Timestamp
from longan.floor.guard.job_view import Job

# No letters or digits that look alike on paper or in a phone's script: 0 o 1 l i.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
LENGTH = 10


class JobShare(msgspec.Struct, frozen=True):
    """A link to a job. There is one for a job, and nothing in it tells who passed it on. It ends with the job."""

    code: str
    url: str
    expires_at: Timestamp


class SharedJob(msgspec.Struct, frozen=True):
    """What a link leads to, as everybody may see it."""

    code: str
    url: str
    job: Job


class JobShareFigures(msgspec.Struct, frozen=True):
    """How often the link was opened, in all and in the last 30 days; who did nobody knows."""

    code: str
    url: str
    opens: Count
    opens_last_30_days: Count


class ShareOver(Problem):
    """The job behind the link is closed or past its end."""

    status, code = 410, "share_over"
    vi, en = "Việc này không còn tuyển nữa", "This job is no longer open"

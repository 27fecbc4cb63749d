"""Ours and the peer's must answer the same before anything is measured: otherwise the ratio says nothing."""

import re
from typing import Any

import httpx

from bench.load import Failed
from bench.pairs import JOB_PREFIX, numbered

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
# Signed by ours, plain at the peer's; both are there or not. Of an application everything that is made on writing.
OPAQUE = frozenset({"next_cursor"})
OPAQUE_WRITTEN = frozenset({"id", "job_id", "created_at", "updated_at"})
NOTE = {"note": "Tôi có hai năm kinh nghiệm may chuyền."}


def normal(value: Any, opaque: frozenset[str] = OPAQUE) -> Any:
    """The same for two spellings of one answer."""
    if isinstance(value, dict):
        return {
            name: ("there" if part is not None else None) if name in opaque else normal(part, opaque)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [normal(part, opaque) for part in value]
    if isinstance(value, str) and (found := TIME.fullmatch(value)):
        return value[:19] + (found[1] or "").rstrip("0").rstrip(".") + "Z"
    return value


def check_read(ours: str, theirs: str, path: str, our_token: str, their_token: str) -> None:
    """Raises `Failed` when the two answer `path` differently."""
    mine = httpx.get(ours + path, headers=_bearer(our_token), trust_env=False)
    other = httpx.get(theirs + path, headers=_bearer(their_token), trust_env=False)
    _compare(path, mine, other, OPAQUE)


def check_apply(ours: str, theirs: str, our_token: str, their_token: str, jobs: tuple[int, int]) -> None:
    """Applies to a job at each. Raises `Failed` when the two answer differently."""
    answers = [
        httpx.post(
            f"{url}/v1/jobs/{numbered(JOB_PREFIX, job)}/applications", json=NOTE, trust_env=False,
            headers={**_bearer(token), "Idempotency-Key": f"same-{job}"},
        )
        for url, token, job in ((ours, our_token, jobs[0]), (theirs, their_token, jobs[1]))
    ]  # fmt: skip
    _compare("apply", answers[0], answers[1], OPAQUE_WRITTEN)


def _compare(what: str, mine: httpx.Response, other: httpx.Response, opaque: frozenset[str]) -> None:
    if mine.status_code != other.status_code or not mine.is_success:
        raise Failed(f"{what}: ours answers {mine.status_code}, the peer {other.status_code}: {mine.text[:300]}")
    if normal(mine.json(), opaque) != normal(other.json(), opaque):
        raise Failed(f"{what}: ours and the peer answer differently:\n{mine.text[:1000]}\n{other.text[:1000]}")


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}

"""What every route has decided: who may call it, how often, whether it repeats safely, whether its answer is cached."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import CoolingOff, InsufficientAuthentication, Problem
from longan.floor.requests.limits import Limit

FRESH = 300
"""How many seconds a proof counts as fresh (SECURITY S4)."""

Auth = Literal["public", "optional", "app", "official", "any"]
Refused = Callable[[Problem, str, str], tuple[int, str, bytes]]


class Proof(msgspec.Struct, frozen=True):
    """How sure of the caller a sensitive operation must be: the level, and how many seconds ago it may have been shown.
    It also waits while the account cools off."""

    acr: int
    max_age: int | None = FRESH

    def check(self, me: Principal, now: datetime) -> None:
        """Raises `InsufficientAuthentication` saying what is missing, or `CoolingOff`."""
        old = self.max_age is not None and (now - me.signed_in_at).total_seconds() > self.max_age
        if me.acr < self.acr or old:
            raise InsufficientAuthentication(self.acr, self.max_age)
        if me.cooling_until is not None and me.cooling_until > now:
            raise CoolingOff(members={"until": me.cooling_until})


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """`auth`: the audience a token must have; `public` never looks at one, `optional` takes one when it is there.

    `idempotent` routes demand an Idempotency-Key; `if_match` routes an If-Match, which `may_match` routes honour where
    it is sent. `cache` names the family of cached answers that a write of that family throws away. `proof`: what a
    sensitive operation demands. `raises`: the problems of this route beyond the usual ones.
    `example`: the answer shown in the document.
    `takes`: the kinds of body, where it is a file and not JSON; `largest` its bytes. `reads` makes of its bytes and its
    content type what the handler finds in `exchange.content`: in a thread of its own and before anything is opened, for
    a large file takes longer than a request may hold a connection. `refused` writes the refusals of a route that
    follows another specification than RFC 9457: problem, locale and path to status, content type and body.
    """

    auth: Auth
    limit: Limit | None
    idempotent: bool = False
    if_match: bool = False
    may_match: bool = False
    cache: str | None = None
    proof: Proof | None = None
    produces: str = "application/json"
    raises: tuple[type[Problem], ...] = ()
    request_example: object = None
    example: object = None
    takes: tuple[str, ...] = ()
    largest: int | None = None
    reads: Callable[[bytes, str], object] | None = None
    refused: Refused | None = None


def decided(
    *,
    auth: Auth,
    limit: Limit | None,
    idempotent: bool = False,
    if_match: bool = False,
    may_match: bool = False,
    cache: str | None = None,
    proof: Proof | None = None,
    produces: str = "application/json",
    raises: tuple[type[Problem], ...] = (),
    request_example: object = None,
    example: object = None,
    takes: tuple[str, ...] = (),
    largest: int | None = None,
    reads: Callable[[bytes, str], object] | None = None,
    refused: Refused | None = None,
) -> dict[str, Policy]:
    """The `opt` of a handler."""
    return {
        "policy": Policy(
            auth=auth, limit=limit, idempotent=idempotent, if_match=if_match, may_match=may_match, cache=cache,
            proof=proof, produces=produces, raises=raises, request_example=request_example,
            example=example, takes=takes, largest=largest, reads=reads, refused=refused,
        )
    }  # fmt: skip

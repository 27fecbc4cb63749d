"""What every route has decided: who may call it, how often, whether it repeats safely, whether its answer is cached."""

from typing import Literal

import msgspec

from longan.errors import Problem
from longan.limits import Limit

Auth = Literal["public", "optional", "app", "official", "any"]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """`auth`: the audience a token must have; `public` never looks at one, `optional` takes one when it is there.

    `idempotent` routes demand an Idempotency-Key; `if_match` routes an If-Match. `cache` names the family of cached
    answers that a write of that family throws away. `raises`: the problems of this route beyond the usual ones.
    `example`: the answer shown in the document.
    """

    auth: Auth
    limit: Limit | None
    idempotent: bool = False
    if_match: bool = False
    cache: str | None = None
    produces: str = "application/json"
    raises: tuple[type[Problem], ...] = ()
    request_example: object = None
    example: object = None


def decided(
    *,
    auth: Auth,
    limit: Limit | None,
    idempotent: bool = False,
    if_match: bool = False,
    cache: str | None = None,
    produces: str = "application/json",
    raises: tuple[type[Problem], ...] = (),
    request_example: object = None,
    example: object = None,
) -> dict[str, Policy]:
    """The `opt` of a handler."""
    return {
        "policy": Policy(
            auth=auth, limit=limit, idempotent=idempotent, if_match=if_match, cache=cache, produces=produces,
            raises=raises, request_example=request_example, example=example,
        )
    }  # fmt: skip

"""HTTP of the room. Each step takes If-Match where the caller sends one."""

from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody

from longan.floor.base.errors import IllegalTransition, InsufficientAuthentication, NotFound, WardUnknown
from longan.floor.guard.standing import EmployerNotVerified, EmployerSuspended
from longan.floor.housing.housing_costs import PriceFlagsUnseen
from longan.floor.housing.housing_view import MyHousing
from longan.floor.housing.room_ranges import AmountsDoubted
from longan.floor.requests.deps import Ex, Me, Now, Tx
from longan.floor.requests.policy import decided
from longan.rooms.letting import domain
from longan.rooms.letting.models import CloseHousingIn, PublishIn

OPENING = (
    NotFound, IllegalTransition, AmountsDoubted, PriceFlagsUnseen, InsufficientAuthentication, EmployerNotVerified,
    EmployerSuspended, WardUnknown,
)  # fmt: skip


@post(
    "/v1/housing/{housing_id:uuid}/publish",
    tags=["letting"],
    status_code=200,
    opt=decided(auth="any", limit="write", may_match=True, raises=OPENING,
                request_example={"seen_flags": ["above_at_this_use"]}),
)  # fmt: skip
async def publish_housing(
    tx: Tx, me: Me, now: Now, exchange: Ex, housing_id: FromPath[UUID], data: JSONBody[PublishIn | None] = None
) -> MyHousing:
    """Put a draft before the workers

    Amounts that look like slips come back with what is likely meant; prices above the legal ones do not refuse it, but
    are to be named in `seen_flags`, and whoever reads the listing sees them. More than a few listings need level 2.
    Publishing what is open already changes nothing and answers 200.
    """
    made = await domain.publish(tx, me, housing_id, data or PublishIn(), exchange.versions_if_given(), now)
    return exchange.tagged(made, made.version)


@post(
    "/v1/housing/{housing_id:uuid}/reopen",
    tags=["letting"],
    status_code=200,
    opt=decided(auth="any", limit="write", may_match=True, raises=OPENING,
                request_example={"seen_flags": ["above_at_this_use"]}),
)  # fmt: skip
async def reopen_housing(
    tx: Tx, me: Me, now: Now, exchange: Ex, housing_id: FromPath[UUID], data: JSONBody[PublishIn | None] = None
) -> MyHousing:
    """Open what is closed, with everything asked anew as when it was published

    What was closed while an official had it, or while reports of it were confirmed, is `in_review`, and open when one
    has let it out.
    """
    made = await domain.reopen(tx, me, housing_id, data or PublishIn(), exchange.versions_if_given(), now)
    return exchange.tagged(made, made.version)


@post(
    "/v1/housing/{housing_id:uuid}/confirm",
    tags=["letting"],
    status_code=200,
    opt=decided(auth="any", limit="write", raises=(NotFound, IllegalTransition, InsufficientAuthentication,
                                                   EmployerNotVerified, EmployerSuspended)),
)  # fmt: skip
async def confirm_housing(tx: Tx, me: Me, now: Now, exchange: Ex, housing_id: FromPath[UUID]) -> MyHousing:
    """It is still to be had, at these prices: fresh for another month; what was stale is open again"""
    made = await domain.confirm(tx, me, housing_id, now)
    return exchange.tagged(made, made.version)


@post(
    "/v1/housing/{housing_id:uuid}/close",
    tags=["letting"],
    status_code=200,
    opt=decided(
        auth="any", limit="write", may_match=True, raises=(NotFound, IllegalTransition, InsufficientAuthentication)
    ),
)
async def close_housing(
    tx: Tx, me: Me, now: Now, exchange: Ex, housing_id: FromPath[UUID], data: JSONBody[CloseHousingIn | None] = None
) -> MyHousing:
    """Take a listing down: let, or withdrawn; closing what is closed already changes nothing and answers 200"""
    reason = (data or CloseHousingIn()).reason
    made = await domain.close(tx, me, housing_id, reason, exchange.versions_if_given(), now)
    return exchange.tagged(made, made.version)


HANDLERS = [publish_housing, reopen_housing, confirm_housing, close_housing]

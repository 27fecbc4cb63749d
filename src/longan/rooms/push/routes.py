"""HTTP of the room."""

from typing import Annotated

from litestar import delete, get, post, put
from litestar.params import JSONBody, PathParameter

from longan.floor.base.errors import NotFound
from longan.floor.requests.deps import Conn, Me, Now, Tx
from longan.floor.requests.policy import decided
from longan.rooms.push import domain, store
from longan.rooms.push.models import INSTALLATION, Device, DeviceIn, Devices, ReceiptsIn

Installation = Annotated[
    str, PathParameter(pattern=INSTALLATION, description="The app's own id of this installation, 8 to 128 characters")
]
EXAMPLE_IN = {
    "target": "dmLz9wXoQ7qk3Yf1rT0aBc", "target_kind": "fid", "platform": "android", "locale": "vi",
    "time_zone": "Asia/Ho_Chi_Minh",
}  # fmt: skip


@get("/v1/me/devices", tags=["push"], opt=decided(auth="app", limit="lookup"))
async def list_devices(conn: Conn, me: Me, now: Now) -> Devices:
    """The phones that the caller's pushes go to, of the sessions that go on"""
    return Devices(await store.own(conn, me, now))


@put(
    "/v1/me/devices/{installation_id:str}",
    tags=["push"],
    opt=decided(auth="app", limit="write", request_example=EXAMPLE_IN),
)
async def register_device(tx: Tx, me: Me, now: Now, installation_id: Installation, data: JSONBody[DeviceIn]) -> Device:
    """Send this phone's pushes to the caller, as long as the session lasts

    Send it at every start of the app: a phone that was not heard of for a month does not count as reachable, and after
    270 days nothing is sent to it. An account has at most ten phones; one more takes the place of the one heard of
    least lately.
    """
    return await store.register(tx, me, installation_id, data, now)


@delete(
    "/v1/me/devices/{installation_id:str}",
    tags=["push"],
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def unregister_device(tx: Tx, me: Me, installation_id: Installation) -> None:
    """Send this phone no more pushes"""
    if not await store.unregister(tx, me.account_id, installation_id):
        raise NotFound


EXAMPLE_RECEIPTS = {
    "installation_id": "1f7e2c9a-4f0e-4a53-9b0e-0f6a1c2d3e4f",
    "receipts": [
        {
            "notification_id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11",
            "event": "opened",
            "at": "2026-11-02T03:00:05Z",
        }
    ],
}


@post(
    "/v1/me/push-receipts",
    tags=["push"],
    status_code=204,
    opt=decided(auth="app", limit="write", request_example=EXAMPLE_RECEIPTS),
)
async def report_push_receipts(tx: Tx, me: Me, now: Now, data: JSONBody[ReceiptsIn]) -> None:
    """Say which pushes arrived on this phone, and which were tapped on

    Send them together, whenever there is a network; the first word about a push stands, so sending one again is
    harmless. `opened` also marks the notice as read. What is not about a push to this phone of the caller is ignored.
    """
    await domain.report(tx, me, data, now)


HANDLERS = [list_devices, register_device, unregister_device, report_push_receipts]

"""HTTP of the room."""

from typing import Annotated

from litestar import delete, put
from litestar.params import JSONBody, PathParameter

from longan.deps import Me, Now, Tx
from longan.errors import NotFound
from longan.policy import decided
from longan.push import store
from longan.push.models import INSTALLATION, Device, DeviceIn

Installation = Annotated[
    str, PathParameter(pattern=INSTALLATION, description="The app's own id of this installation, 8 to 128 characters")
]
EXAMPLE_IN = {"target": "dmLz9wXoQ7qk3Yf1rT0aBc", "target_kind": "fid", "platform": "android", "locale": "vi"}


@put(
    "/v1/me/devices/{installation_id:str}",
    tags=["push"],
    opt=decided(auth="app", limit="write", request_example=EXAMPLE_IN),
)
async def register_device(tx: Tx, me: Me, now: Now, installation_id: Installation, data: JSONBody[DeviceIn]) -> Device:
    """Send this phone's pushes to the caller, as long as the session lasts"""
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


HANDLERS = [register_device, unregister_device]

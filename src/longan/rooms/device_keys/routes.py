"""HTTP of the room."""

from typing import Annotated

from litestar import delete, get, put
from litestar.params import PathParameter

from longan.floor.base.errors import NotFound
from longan.floor.requests.deps import Conn, Me, Now, ToEnter, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.device_keys import domain, store
from longan.rooms.device_keys.models import THUMBPRINT, DeviceKey, DeviceKeys, DeviceNotEnrolled

Key = Annotated[str, PathParameter(pattern=THUMBPRINT, description="RFC 7638 thumbprint of the device's DPoP key")]

EXAMPLE = {
    "thumbprint": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
    "standing": "waiting",
    "device_name": "Điện thoại của Lan",
    "platform": "android",
    "first_seen_at": "2026-11-02T01:30:00Z",
    "last_seen_at": "2026-11-02T01:30:00Z",
    "enrolled_at": None,
    "waits_until": "2026-11-05T01:30:00Z",
    "this_device": False,
}


@get(
    "/v1/me/device-keys",
    tags=["device_keys"],
    opt=decided(auth="any", limit="lookup", example={"items": [EXAMPLE]}),
)
async def list_device_keys(conn: Conn, me: Me) -> DeviceKeys:
    """The caller's devices that signed in with a key: those that are trusted, and those that wait"""
    return DeviceKeys(await store.keys(conn, me.account_id, me.key_thumbprint))


@put(
    "/v1/me/device-keys/{thumbprint:str}",
    tags=["device_keys"],
    opt=decided(
        auth="any", limit="write", proof=Proof(acr=1), raises=(NotFound, DeviceNotEnrolled),
        example=EXAMPLE | {"standing": "enrolled", "enrolled_at": "2026-11-02T02:00:00Z", "waits_until": None},
    ),
)  # fmt: skip
async def enrol_device_key(tx: Tx, me: Me, now: Now, thumbprint: Key) -> DeviceKey:
    """Trust another device of the caller's, said on one that is trusted; it counts from its next sign-in on"""
    return await domain.enrol(tx, me, thumbprint, now)


@delete(
    "/v1/me/device-keys/{thumbprint:str}",
    tags=["device_keys"],
    opt=decided(auth="any", limit="write", proof=Proof(acr=1, max_age=None), raises=(NotFound,)),
)
async def remove_device_key(tx: Tx, me: Me, entrance: ToEnter, now: Now, thumbprint: Key) -> None:
    """Trust a device no more, and sign it out; a code alone does not bring its key back"""
    await domain.remove(tx, entrance, me, thumbprint, now)


HANDLERS = [list_device_keys, enrol_device_key, remove_device_key]

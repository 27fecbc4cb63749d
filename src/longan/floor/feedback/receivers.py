"""Other systems that take reports by Open311: what an operator says of each, in the file that
LONGAN_HANDOVER_ENDPOINTS names."""

from typing import Annotated

import msgspec
from msgspec import Meta

from longan.floor.formats.georeport import Format
from longan.floor.setup.settings import LOOPBACK, BadSettings, Settings

Filled = Annotated[str, Meta(min_length=1, max_length=500)]


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Under which code the receiver takes a category of ours. `automatic`: whatever is accepted in it goes there by
    itself. `attributes`: the receiver's codes of questions by ours."""

    service_code: Filled
    automatic: bool = False
    attributes: dict[str, Filled] = {}


class Receiver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An endpoint of GeoReport v2.

    `lists_at_once`: it shows a report in GET requests as soon as it has taken it, so that one which is not to be found
    there has not arrived; where that is not sure, an official decides what becomes of a report that may have.
    `reads_with_key`: it shows us our reports only with the key. `reference_attribute`: the code of a question under
    which it takes our number of the report, besides the last line of the description.
    """

    id: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,40}(?![\r\n])$", max_length=41)]
    name: Filled
    url: Filled
    api_key: Filled
    services: Annotated[dict[str, Service], Meta(min_length=1)]
    jurisdiction_id: Filled | None = None
    format: Format = "xml"
    lists_at_once: bool = False
    reads_with_key: bool = False
    reference_attribute: Filled | None = None

    def __repr__(self) -> str:
        return f"Receiver({self.id!r}, …)"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    endpoints: list[Receiver]


def read(settings: Settings) -> dict[str, Receiver]:
    """The receivers by id. Raises `BadSettings`."""
    file = settings.handover_endpoints
    if file is None:
        return {}
    try:
        found = msgspec.json.decode(file.read_bytes(), type=_File).endpoints
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"LONGAN_HANDOVER_ENDPOINTS: {file.name} cannot be used: {error}.") from error
    known = {each.id: each for each in found}
    if len(known) != len(found):
        raise BadSettings("LONGAN_HANDOVER_ENDPOINTS names a receiver twice.")
    for each in found:
        if settings.development:
            continue
        if any(f"//{host}" in each.url for host in LOOPBACK) or not each.url.startswith("https://"):
            raise BadSettings(f"LONGAN_HANDOVER_ENDPOINTS: {each.id} must have an https:// address of another machine.")
    return known

"""HTTP of the room."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.params import QueryParameter

from longan.floor.base.fields import Timestamp
from longan.floor.housing_rules.temporary_residence import Stay, checklist
from longan.floor.requests.deps import Conn
from longan.floor.requests.policy import decided
from longan.rooms.residence import domain
from longan.rooms.residence.models import Host, ResidenceHelp

ArrivesAt = Annotated[Timestamp, QueryParameter(description="When the tenant moves in, RFC 3339 with a zone")]
Days = Annotated[int | None, QueryParameter(ge=1, le=3_650, description="How many days they mean to stay")]
SameWard = Annotated[
    bool | None, QueryParameter(description="Whether their permanent residence is in the ward of the room")
]

HostOf = Annotated[Host, QueryParameter(description="Whose home it is: a landlord's, or a close relative's")]

PAPER = {
    "key": "000.00.00.G01-KQ003630", "name": "Tờ khai thay đổi thông tin cư trú (Mẫu CT01)", "originals": 1,
    "copies": 0, "has_form": True,
}  # fmt: skip
EXAMPLE = msgspec.to_builtins(
    checklist(Stay(arrives_at=datetime(2026, 11, 22, 11, tzinfo=UTC), days=200, same_ward=False), {})
) | {
    "procedures": [
        {
            "code": "1.004194", "name": "Đăng ký tạm trú", "papers_version": "8f14e45fceea167a", "forms": [PAPER],
            "papers": [{"case": None, "kind": "hand_in", "papers": [PAPER], "notes": []}],
            "source_url": "https://dichvucong.gov.vn/thu-tuc-hanh-chinh/019d2bfe-03ac-70cd-a6db-636d0bd839e5",
        }
    ]
}  # fmt: skip


@get(
    "/v1/residence/checklist",
    tags=["residence"],
    opt=decided(auth="public", limit="lookup", example=EXAMPLE),
)
async def get_residence_checklist(
    conn: Conn, arrives_at: ArrivesAt, days: Days = None, same_ward: SameWard = None,
    host: HostOf = "landlord",
) -> ResidenceHelp:  # fmt: skip
    """What landlord and tenant declare of a stay: notice of the stay, temporary residence, by when, with which form

    For Vietnamese citizens. Each item names its law, what a fine may be and the procedure (2.001159, 1.004194) with its
    papers; `due` is `perhaps` where it hangs on what was not said. `host`: whose home it is, a landlord's or a close
    relative's.
    """
    stay = Stay(arrives_at=arrives_at, days=days, same_ward=same_ward, is_relative=host == "relative")
    return await domain.helped(conn, stay)


HANDLERS = [get_residence_checklist]

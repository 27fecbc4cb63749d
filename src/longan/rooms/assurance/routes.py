"""HTTP of the room."""

from litestar import delete, get, post
from litestar.params import JSONBody

from longan.floor.accounts.identity_cases import AnotherPerson
from longan.floor.accounts.personal import PERSONS, Persons
from longan.floor.base.errors import CoolingOff, InsufficientAuthentication, NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.requests.deps import Conn, Me, Now, Pages, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.assurance import domain, store
from longan.rooms.assurance.models import CardIn, CaseOpen, IdentityIn, IdentityLookPage, MyCase, MyIdentity, MyNumber

# The proof is of the moment: whoever picks up an open phone does not become somebody else with it.
JUST_NOW = Proof(acr=0)

CASE_ID = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"
CASE = {
    "id": CASE_ID, "state": "submitted", "source": "card", "submitted_at": "2026-11-22T02:00:00Z", "decided_at": None,
    "reason_code": None, "reason": None,
}  # fmt: skip
PERSON = {
    "number": "080090012345", "full_name": "Nguyễn Văn Thử", "birth_date": "1990-03-15", "sex": "male",
    "address": "Ấp Bình Tiền 2, Đức Hòa, Tây Ninh",
}  # fmt: skip


@post(
    "/v1/me/identity",
    tags=["assurance"],
    dependencies=PERSONS,
    opt=decided(
        auth="app", limit="write", idempotent=True, proof=JUST_NOW, raises=(AnotherPerson, CaseOpen), example=CASE,
        request_example=PERSON,
    ),
)  # fmt: skip
async def submit_identity(tx: Tx, persons: Persons, me: Me, now: Now, data: JSONBody[IdentityIn]) -> MyCase:
    """Say who you are, to be confirmed by an identity provider or an official

    Form and consistency are checked at once. No image of a paper is asked for, here or anywhere. An identity provider
    is asked only after `give_consent` to `identity_confirmation`; without it an official decides. A notice says how; a
    confirmed identity and a passkey together are level 2.
    """
    return await domain.submit(tx, persons, me, domain.typed(data, now), "typed", now)


@post(
    "/v1/me/identity/card",
    tags=["assurance"],
    dependencies=PERSONS,
    opt=decided(
        auth="app", limit="write", idempotent=True, proof=JUST_NOW, raises=(AnotherPerson, CaseOpen), example=CASE,
        request_example={
            "qr": "080090012345|301234567|Nguyễn Văn Thử|15031990|Nam|Ấp 2, Đức Hòa Hạ, Đức Hòa, Long An|10052021"
        },
    ),
)  # fmt: skip
async def submit_identity_card(tx: Tx, persons: Persons, me: Me, now: Now, data: JSONBody[CardIn]) -> MyCase:
    """Say who you are by the QR code of your citizen card

    The code carries no signature, anybody can print one: it spares the typing and proves nothing. Of what is in it
    number, name, birth date, sex and address are kept. Cut a byte order mark off before sending.
    """
    return await domain.submit(tx, persons, me, domain.scanned(data.qr, now), "card", now)


@get(
    "/v1/me/identity",
    tags=["assurance"],
    dependencies=PERSONS,
    opt=decided(
        auth="app",
        limit="lookup",
        raises=(InsufficientAuthentication, CoolingOff),
        example={
            "confirmed_at": "2026-11-22T04:00:00Z",
            "confirmed_by": "official",
            "number": "080*******45",
            "full_name": "Nguyễn Văn Thử",
            "birth_year": 1990,
            "case": CASE
            | {
                "state": "confirmed",
                "decided_at": "2026-11-22T04:00:00Z",
                "reason_code": "data_matches",
                "reason": "Khớp với thẻ căn cước xuất trình.",
            },
        },
    ),
)
async def get_my_identity(conn: Conn, persons: Persons, me: Me, now: Now) -> MyIdentity:
    """Who you are to us, masked, and what became of what you submitted

    Once it is confirmed, a session by a code alone is not enough (level 1): the number of the phone may have a new
    owner.
    """
    return await domain.shown(conn, persons, me, now)


@post(
    "/v1/me/identity/reveal",
    tags=["assurance"],
    status_code=200,
    dependencies=PERSONS,
    opt=decided(auth="app", limit="write", proof=Proof(acr=2), raises=(NotFound,), example=PERSON),
)
async def reveal_my_number(tx: Tx, persons: Persons, me: Me) -> MyNumber:
    """Your own confirmed identity, whole"""
    return await domain.revealed(tx, persons, me.account_id)


@delete(
    "/v1/me/identity/case",
    tags=["assurance"],
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def withdraw_identity_case(tx: Tx, me: Me) -> None:
    """Take back what you submitted before it is decided; it is forgotten"""
    await domain.withdraw(tx, me.account_id)


@get("/v1/me/identity/looks", tags=["assurance"], opt=decided(
        auth="app", limit="lookup",
        example={
            "items": [
                {
                    "id": CASE_ID, "case_id": CASE_ID, "agency_code": "H53.16", "purpose": "decide",
                    "looked_at": "2026-11-22T03:10:00Z",
                }
            ],
            "next_cursor": None,
        },
    ),
)  # fmt: skip
async def list_my_identity_looks(
    conn: Conn, me: Me, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> IdentityLookPage:
    """Which officials have seen what you submitted, when and for what, newest first"""
    return await store.looks(conn, pages, me.account_id, cursor, limit)


HANDLERS = [
    submit_identity,
    submit_identity_card,
    get_my_identity,
    reveal_my_number,
    withdraw_identity_case,
    list_my_identity_looks,
]

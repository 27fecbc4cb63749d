"""Whatever an authenticator sends is answered, never with 500, and what it may not say opens nothing."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import cbor2
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.api.edge import Edge
from longan.floor.formats import cbor
from longan.floor.requests.limits import Limiter, Strict
from tests.conftest import Bearer, new_account
from tests.passkeys.authenticator import Authenticator, Es256, Rs256, raw, text
from tests.passkeys.conftest import FINISH, Headers, asked, begun, finish, held, registered, show, signed_in

QUICK = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50
)  # fmt: skip

ITEMS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.binary(max_size=40) | st.text(),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.integers(-5, 5) | st.text(max_size=4), inner, max_size=5)
    | st.builds(cbor2.CBORTag, st.integers(0, 300), inner),
    max_leaves=12,
)  # fmt: skip
KEYS = st.dictionaries(
    st.sampled_from([1, 3, -1, -2, -3]), st.integers(-300, 300) | st.binary(max_size=80) | ITEMS, min_size=1
)  # fmt: skip
EDITS = st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=6), st.integers(0, 6)), max_size=4)


def edited(value: bytes, edits: list[tuple[int, bytes, int]]) -> bytes:
    """A few bytes put in and others taken out."""
    for at, new, gone in edits:
        place = at % (len(value) + 1)
        value = value[:place] + new + value[place + gone :]
    return value


def dumped(value: Any) -> bytes:
    try:
        return cbor2.dumps(value)
    except (cbor2.CBOREncodeError, ValueError, OverflowError):
        return b"\xf6"


@pytest.fixture
async def unlimited(client: httpx.AsyncClient, app: Edge) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody counts."""
    state = app.app.state
    strict = state.strict
    app.limiter, state.strict = Limiter(state.valkey, 100_000), Strict(state.valkey, 100_000)
    yield client
    state.strict = strict


@pytest.fixture
async def staff(conn: asyncpg.Connection, app: Edge, bearer: Bearer) -> Headers:
    """Somebody who may add passkeys whether there are any or not."""
    return await bearer(await new_account(conn, app, role="official"), audience="official", acr=3)


def refused_well(answer: httpx.Response) -> None:
    assert answer.status_code in (400, 409, 410, 422), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


async def made_is_judged(
    client: httpx.AsyncClient, staff: Headers, conn: asyncpg.Connection, credential: dict[str, Any]
) -> None:
    answer = await finish(client, staff, credential)

    if answer.status_code != 201:
        refused_well(answer)
        return
    await conn.execute("delete from passkeys.credentials where id = $1", UUID(answer.json()["id"]))
    await conn.execute("update passkeys.challenges set used_at = null")


@QUICK
@given(edits=EDITS, where=st.sampled_from(["clientDataJSON", "attestationObject"]))
async def test_a_registration_with_bytes_changed_is_answered(
    unlimited: httpx.AsyncClient, staff: Headers, conn: asyncpg.Connection, edits: Any, where: str
) -> None:
    good = Authenticator().create(await begun(unlimited, staff))
    response = good["response"]
    changed = {**good, "response": {**response, where: text(edited(raw(response[where]), edits))}}

    await made_is_judged(unlimited, staff, conn, changed)


@QUICK
@given(key=KEYS, tail=ITEMS | st.none(), flags=st.integers(0, 255), statement=ITEMS, form=ITEMS)
async def test_a_registration_of_any_cbor_is_answered(
    unlimited: httpx.AsyncClient, staff: Headers, conn: asyncpg.Connection, key: Any, tail: Any, flags: int,
    statement: Any, form: Any,
) -> None:  # fmt: skip
    phone = Authenticator()
    good = phone.create(await begun(unlimited, staff))
    data = raw(good["response"]["authenticatorData"])[: 55 + len(phone.id)]
    data = data[:32] + bytes([flags]) + data[33:] + dumped(key) + (b"" if tail is None else dumped(tail))
    whole = dumped({"fmt": form, "attStmt": statement, "authData": data})
    changed = {**good, "response": {**good["response"], "attestationObject": text(whole)}}

    await made_is_judged(unlimited, staff, conn, changed)


@QUICK
@given(
    edits=EDITS, flags=st.integers(0, 255), tail=ITEMS | st.none(), says=st.dictionaries(
        st.sampled_from(["type", "challenge", "origin", "crossOrigin", "tokenBinding"]),
        st.none() | st.text(max_size=9) | st.booleans() | st.lists(st.integers(), max_size=2), max_size=2,
    ),
)  # fmt: skip
async def test_a_signed_lie_opens_nothing(
    unlimited: httpx.AsyncClient, me: Headers, conn: asyncpg.Connection, edits: Any, flags: int, tail: Any, says: Any
) -> None:
    """The forger has a passkey here, and signs whatever they like with its key."""
    phone = Authenticator()
    account = (await unlimited.get("/v1/me", headers=me)).json()["id"]
    await conn.execute("delete from passkeys.credentials where account_id = $1::text::uuid", account)
    await registered(unlimited, me, phone)
    credential = phone.get(await asked(unlimited), says=says)
    client_data = raw(credential["response"]["clientDataJSON"])
    data = raw(credential["response"]["authenticatorData"])
    data = edited(data[:32] + bytes([flags]) + data[33:] + (b"" if tail is None else dumped(tail)), edits)
    signature = phone.key.sign(data + hashlib.sha256(client_data).digest())
    response = {**credential["response"], "authenticatorData": text(data), "signature": text(signature)}

    answer = await show(unlimited, {**credential, "response": response})

    lies = [each for each in says.items() if each[0] != "tokenBinding" and each != ("crossOrigin", False)]
    honest = data[:32] == hashlib.sha256(b"localhost").digest() and not lies and data[32] & 0x05 == 0x05
    assert honest or answer.status_code != 200
    if answer.status_code != 200:
        refused_well(answer)


async def test_shared_values_are_never_written_out(unlimited: httpx.AsyncClient, staff: Headers) -> None:
    """Two hundred bytes whose text would be gigabytes, as the kind of key that py_webauthn names when it refuses it."""
    phone = Authenticator()
    good = phone.create(await begun(unlimited, staff))
    head = raw(good["response"]["authenticatorData"])[: 55 + len(phone.id)]
    whole = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": head + b"\xa2\x03\x26\x01" + shared_values(9)})

    answer = await finish(unlimited, staff, changed(good, attestationObject=text(whole)))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/credential/response/attestationObject"


PLAIN = st.recursive(
    st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=40) | st.text() | st.booleans() | st.floats(width=32),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


def depth_of(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth_of, inner), default=-1) if isinstance(value, list | dict) else 0


@given(value=PLAIN, rest=st.binary(max_size=9))
def test_the_end_of_a_plain_value_is_where_it_ends(value: Any, rest: bytes) -> None:
    written = cbor2.dumps(value)

    if depth_of(value) <= cbor.MAX_DEPTH:
        assert cbor.end(written + rest, 0) == len(written)


@given(sent=st.binary(max_size=80))
def test_what_is_taken_for_plain_cbor_is_read_by_the_library_to_the_same_end(sent: bytes) -> None:
    try:
        end = cbor.end(sent, 0)
    except (ValueError, IndexError):
        return
    assert end <= len(sent)
    try:
        value = cbor2.loads(sent[:end])
    except (cbor2.CBORDecodeError, TypeError):
        return
    assert not any(isinstance(part, cbor2.CBORTag) for part in ([value] if not isinstance(value, list) else value))


async def test_a_passkey_stays_usable_after_all_that(
    unlimited: httpx.AsyncClient, me: Headers, phone: Authenticator
) -> None:
    await registered(unlimited, me, phone)
    for junk in (b"", b"\x00" * 37, b"\xff" * 400):
        credential = phone.get(await asked(unlimited))
        await show(
            unlimited, {**credential, "response": {**credential["response"], "authenticatorData": text(junk or b"x")}}
        )  # fmt: skip

    session = await signed_in(unlimited, phone)

    assert (await unlimited.get(FINISH, headers=held(session))).status_code == 200


async def test_a_key_without_a_use_here_is_not_kept(client: httpx.AsyncClient, me: Headers) -> None:
    weak = Rs256(1024)
    numbers = Es256().cose()
    keys = [weak.cose(), {**numbers, 3: -257}, {**numbers, 3: -8}, {**numbers, 3: -47}, {**numbers, -1: 2},
            {**numbers, -2: bytes(32)}, {1: 2}, {1: 4, 3: -7, -1: b"k"}, {**Rs256().cose(), -2: b"\x03"}]  # fmt: skip

    answers = [await finish(client, me, Authenticator().create(await begun(client, me), cose=key)) for key in keys]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(422, "passkey_refused")}


def shared_values(levels: int) -> bytes:
    """A few bytes whose text would be 10^levels long (RFC 8949 tags 28 and 29)."""
    value = b"\xd8\x1c\x81\x00"
    for level in range(levels):
        value = b"\x82" + value + b"\xd8\x1c\x8a" + (b"\xd8\x1d" + cbor2.dumps(level)) * 10
    return value


def changed(credential: dict[str, Any], **response: Any) -> dict[str, Any]:
    return {**credential, "response": {**credential["response"], **response}}


async def test_what_cannot_be_read_names_its_place(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator
) -> None:
    good = phone.create(await begun(client, me))
    data = raw(good["response"]["authenticatorData"])
    key_at = 55 + len(phone.id)
    bomb = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data[:key_at] + shared_values(9)})
    deep = b"\x81" * 200 + b"\x00"
    cases: list[tuple[str, dict[str, Any]]] = [
        ("/credential/id", {**good, "id": "A", "rawId": "A"}),
        ("/credential/id", {**good, "id": "AB", "rawId": "AB"}),
        ("/credential/id", {**good, "id": "=" * 8, "rawId": "=" * 8}),
        ("/credential/rawId", {**good, "rawId": text(bytes(32))}),
        ("/credential/response/clientDataJSON", changed(good, clientDataJSON=text(b"\xff{}"))),
        ("/credential/response/clientDataJSON", changed(good, clientDataJSON=text(b"[]"))),
        ("/credential/response/clientDataJSON", changed(good, clientDataJSON=text(b"[" * 3000))),
        ("/credential/response/clientDataJSON", changed(good, clientDataJSON="A" * 4097)),
        ("/credential/response/attestationObject", changed(good, attestationObject=text(b""))),
        ("/credential/response/attestationObject", changed(good, attestationObject=text(b"\xa0"))),
        ("/credential/response/attestationObject", changed(good, attestationObject=text(shared_values(3)))),
        ("/credential/response/attestationObject", changed(good, attestationObject=text(deep))),
        ("/credential/response/attestationObject", changed(good, attestationObject=text(bomb))),
        ("/credential/response/attestationObject", changed(good, attestationObject=text(cbor2.dumps({"authData": 7})))),
        ("/credential/response/attestationObject", changed(good, attestationObject="A" * 32_769)),
        ("/credential/response/transports/16", changed(good, transports=["usb"] * 17)),
        ("/credential/response/madeUp", changed(good, madeUp=1)),
        ("/credential/type", {**good, "type": "password"}),
    ]  # fmt: skip

    for place, credential in cases:
        answer = await finish(client, me, credential)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request"), place
        if "transports" not in place:
            assert answer.json()["errors"][0]["pointer"] == place


async def test_what_comes_with_it_and_means_nothing_shuts_nobody_out(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator
) -> None:
    made = phone.create(await begun(client, me), says={"topOrigin": "x", "hint": {"a": [1]}})
    made["clientExtensionResults"] = {"credProps": {"rk": True}, "prf": {"enabled": False}}
    made["authenticatorAttachment"] = None

    assert (await finish(client, me, made)).status_code == 201

"""A token of a visit is good once, for minutes, and only where a kiosk in use has signed it."""

import hmac
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from longan.floor.dossiers import kiosk_keys
from longan.floor.formats import compact
from longan.rooms.ratings import domain
from tests.conftest import Bearer, TestClock
from tests.ratings.saying import ANSWERS, Kiosk, again, keyed, kiosk, office, official, visited


@pytest.fixture
async def counter(client: httpx.AsyncClient, bearer: Bearer) -> Kiosk:
    headers = await official(bearer)
    return await kiosk(client, headers, (await office(client, headers))["id"])


async def test_whoever_was_at_the_counter_rates_it_and_need_not_be_signed_in(
    client: httpx.AsyncClient, counter: Kiosk, clock: TestClock, conn: asyncpg.Connection
) -> None:
    answer = await visited(client, counter.token(clock()), words="Cô ở quầy rất nhiệt tình, gọi 0912 345 678")

    assert answer.status_code == 201, answer.text
    assert (answer.json()["office_id"], answer.json()["withdraw_until"]) == (counter.office, None)
    row = await conn.fetchrow("select * from ratings.ratings")
    assert row is not None
    assert (row["words"], row["rater"], row["subject"]) == ("Cô ở quầy rất nhiệt tình, gọi ••••", None, None)
    assert not any(isinstance(value, datetime) for value in row.values()), "no moment is kept of a rating"


async def test_a_token_is_good_once_however_it_is_signed_again(
    client: httpx.AsyncClient, counter: Kiosk, clock: TestClock, conn: asyncpg.Connection
) -> None:
    first = counter.token(clock())
    claims = jwt.decode(first, options={"verify_signature": False})
    assert (await visited(client, first)).status_code == 201

    same, signed_anew = await visited(client, first), await visited(client, counter.token(clock(), **claims))
    later = await visited(client, counter.token(clock() + timedelta(seconds=1), jti=claims["jti"]))

    for answer in (same, signed_anew, later):
        assert (answer.status_code, answer.json()["code"]) == (409, "already_rated")
    assert await conn.fetchval("select count(*) from ratings.ratings") == 1


async def test_a_screenshot_is_useless_after_ten_minutes(
    client: httpx.AsyncClient, counter: Kiosk, clock: TestClock
) -> None:
    token = counter.token(clock())
    clock.shift(timedelta(minutes=10))

    answer = await visited(client, token)

    assert (answer.status_code, answer.json()["code"]) == (410, "visit_token_expired")


@pytest.mark.parametrize("ahead, status", [(-119, 201), (-500, 201), (119, 201), (125, 410), (3600, 410)])
async def test_the_clock_of_a_kiosk_without_a_network_may_differ_by_two_minutes(
    client: httpx.AsyncClient, counter: Kiosk, clock: TestClock, ahead: int, status: int
) -> None:
    assert (await visited(client, counter.token(clock() + timedelta(seconds=ahead)))).status_code == status


STRANGER = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    "wrong",
    [
        {"life": 601}, {"life": 0}, {"life": -600}, {"aud": "longan"}, {"aud": None}, {"jti": "short"}, {"jti": None},
        {"jti": "A" * 21 + "B"}, {"jti": 7}, {"iat": None}, {"iat": "now"}, {"exp": None}, {"exp": 2**80},
        {"sub": "somebody"}, {"key": STRANGER}, {"header": {"typ": "JWT"}}, {"header": {"kid": "1"}},
        {"header": {"kid": None}}, {"header": {"kid": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"}},
        {"header": {"jku": "http://127.0.0.1/"}}, {"key": "x" * 32, "header": {"alg": "HS256"}},
        {"key": "", "header": {"alg": "none"}},
        {"key": ec.generate_private_key(ec.SECP384R1()), "header": {"alg": "ES384"}},
    ],
    ids=" ".join,
)  # fmt: skip
async def test_a_token_that_no_kiosk_would_make_is_refused_and_leaves_nothing(
    client: httpx.AsyncClient, counter: Kiosk, clock: TestClock, conn: asyncpg.Connection, wrong: dict[str, Any]
) -> None:
    answer = await visited(client, counter.token(clock(), **wrong))

    assert (answer.status_code, answer.json()["code"]) == (422, "visit_token_invalid"), answer.text
    assert await conn.fetchval("select count(*) from ratings.visits") == 0


async def test_the_public_key_signs_nothing_as_if_it_were_a_secret(
    client: httpx.AsyncClient, counter: Kiosk, clock: TestClock, conn: asyncpg.Connection
) -> None:
    public = await conn.fetchval("select public_key from offices.kiosk_keys")
    pem = serialization.load_der_public_key(public).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    issued = int(clock().timestamp())
    claims = {"aud": kiosk_keys.AUDIENCE, "iat": issued, "exp": issued + 600, "jti": "A" * 22}
    header = {"alg": "HS256", "typ": "visit+jwt", "kid": counter.key_id}
    signed = ".".join(compact.spelled(msgspec.json.encode(part)) for part in (header, claims))
    for secret in (public, pem):
        forged = f"{signed}.{compact.spelled(hmac.digest(secret, signed.encode(), 'sha256'))}"

        assert (await visited(client, forged)).json()["code"] == "visit_token_invalid"


async def test_a_token_with_anything_changed_is_refused(
    client: httpx.AsyncClient, counter: Kiosk, clock: TestClock
) -> None:
    token = counter.token(clock())
    header, claims, signature = token.split(".")
    for forged in (
        f"{header}.{claims}.{signature}A", f"{header}.{claims}.{'A' * len(signature)}", f"{header}.{claims}.",
        f"{header}.{claims}", f"{token}=", f" {token}", token.replace(".", ".."), "x", "a.b.c", "ạ.b.c",
        f"{header}..{signature}", "A" * 1_024,
    ):  # fmt: skip
        answer = await visited(client, forged)
        assert (answer.status_code, answer.json()["code"]) == (422, "visit_token_invalid"), forged
    assert (await visited(client, "A" * 1_025)).status_code == 400
    assert (await visited(client, token)).status_code == 201


async def test_after_a_rotation_the_last_tokens_of_the_old_key_are_good_for_ten_minutes(
    client: httpx.AsyncClient, bearer: Bearer, counter: Kiosk, clock: TestClock
) -> None:
    shown = counter.token(clock())
    anew = await keyed(client, await official(bearer), counter.id, counter.office)

    assert (await visited(client, shown)).status_code == 201
    assert (await visited(client, anew.token(clock()))).status_code == 201
    clock.shift(timedelta(minutes=10, seconds=1))
    assert (await visited(client, counter.token(clock()))).json()["code"] == "visit_token_invalid"
    assert (await visited(client, anew.token(clock()))).status_code == 201


async def test_of_a_kiosk_that_was_revoked_nothing_is_good_any_more(
    client: httpx.AsyncClient, bearer: Bearer, counter: Kiosk, clock: TestClock
) -> None:
    shown, headers = counter.token(clock()), await official(bearer)
    assert (await client.delete(f"/v1/kiosks/{counter.id}", headers=headers)).status_code == 204

    assert (await visited(client, shown)).json()["code"] == "visit_token_invalid"
    assert (await client.post(f"/v1/kiosks/{counter.id}/keys", headers=headers)).status_code == 404
    assert (await client.delete(f"/v1/kiosks/{counter.id}", headers=headers)).status_code == 404


async def test_an_office_that_has_ended_is_rated_no_more(
    client: httpx.AsyncClient, bearer: Bearer, counter: Kiosk, clock: TestClock
) -> None:
    headers = await official(bearer)
    today = (clock() + timedelta(hours=7)).date()
    ended = await client.patch(
        f"/v1/managed-offices/{counter.office}", json={"valid_to": f"{today}"}, headers=headers | {"If-Match": "*"}
    )
    assert ended.status_code == 200, ended.text

    assert (await visited(client, counter.token(clock()))).status_code == 201, "its last day is today"
    clock.shift(timedelta(days=1))
    assert (await visited(client, counter.token(clock()))).json()["code"] == "visit_token_invalid"


async def test_a_counter_cannot_rate_itself_without_end(
    client: httpx.AsyncClient, counter: Kiosk, clock: TestClock, conn: asyncpg.Connection
) -> None:
    assert (await visited(client, counter.token(clock()))).status_code == 201
    await conn.execute("update ratings.kiosk_days set visits = $1", domain.MOST_OF_KIOSK_A_DAY - 1)
    last, over = counter.token(clock()), counter.token(clock())

    assert (await visited(client, last)).status_code == 201
    answer = await visited(client, over)

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_visits")
    assert 0 < int(answer.headers["Retry-After"]) <= 86_400
    assert await conn.fetchval("select count(*) from ratings.visits") == 2, "what was refused is not used up"


async def test_whoever_is_signed_in_can_take_it_back(
    client: httpx.AsyncClient, bearer: Bearer, counter: Kiosk, clock: TestClock, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    rating = (await visited(client, counter.token(clock()), me)).json()["id"]

    assert (await client.delete(f"/v1/ratings/{rating}", headers=await bearer())).status_code == 404
    assert (await client.delete(f"/v1/ratings/{rating}", headers=me)).status_code == 204
    assert (await client.delete(f"/v1/ratings/{rating}", headers=me)).status_code == 404
    assert await conn.fetchval("select count(*) from ratings.ratings") == 0


async def test_a_lost_answer_is_given_again_and_the_visit_counts_once(
    client: httpx.AsyncClient, bearer: Bearer, counter: Kiosk, clock: TestClock, conn: asyncpg.Connection
) -> None:
    me, token = await bearer(), counter.token(clock())
    first, second = await visited(client, token, me), await visited(client, token, me)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert (await visited(client, token, again(me))).status_code == 409
    assert await conn.fetchval("select visits from ratings.kiosk_days") == 1


OVERALL, FEES = ANSWERS[0], ANSWERS[-1]


@pytest.mark.parametrize(
    "answers, pointer, code",
    [
        (ANSWERS[:-1], "/answers", "required"), ([], "/answers", "required"), ({}, "/answers", "wrong_type"),
        ([*ANSWERS, OVERALL], "/answers/5/question", "repeated"),
        ([*ANSWERS, {"question": "who", "score": 1}], "/answers/5/question", "not_one_of"),
        ([OVERALL | {"score": 0}], "/answers/0/score", "too_small"),
        ([OVERALL | {"score": 6}], "/answers/0/score", "too_large"),
        ([OVERALL | {"score": True}], "/answers/0/score", "wrong_type"),
        ([OVERALL | {"score": 4.5}], "/answers/0/score", "wrong_type"),
        ([OVERALL | {"score": None}], "/answers/0/score", "required"),
        ([OVERALL | {"yes": True}], "/answers/0/score", "one_of_them"),
        ([FEES | {"score": 5}], "/answers/0/yes", "one_of_them"),
        ([{"question": "extra_fees", "score": 1}], "/answers/0/yes", "required"),
        ([FEES | {"yes": 1}], "/answers/0/yes", "wrong_type"),
        ([OVERALL] * 21, "/answers", "too_long"),
    ],
)  # fmt: skip
async def test_every_question_is_answered_in_its_own_way(
    client: httpx.AsyncClient, counter: Kiosk, clock: TestClock, answers: object, pointer: str, code: str
) -> None:
    answer = await visited(client, counter.token(clock()), answers=answers)

    assert answer.status_code == 400, answer.text
    assert {"pointer": pointer, "code": code} in [
        {"pointer": each["pointer"], "code": each["code"]} for each in answer.json()["errors"]
    ], answer.text


@pytest.mark.parametrize("words", ["", "   ", "x" * 1_001, "a\x00b", "\u202e\u202e", 7])
async def test_words_that_are_none_are_refused(
    client: httpx.AsyncClient, counter: Kiosk, clock: TestClock, words: object
) -> None:
    assert (await visited(client, counter.token(clock()), words=words)).status_code == 400


async def test_the_questions_of_today_are_asked_in_both_languages(client: httpx.AsyncClient) -> None:
    asked = (await client.get("/v1/rating-questions")).json()["items"]
    in_english = (await client.get("/v1/rating-questions", headers={"Accept-Language": "en"})).json()["items"]

    assert [(each["code"], each["kind"]) for each in asked] == [
        ("overall", "score"), ("attitude", "score"), ("time", "score"), ("clarity", "score"), ("extra_fees", "yes_no")
    ]  # fmt: skip
    assert asked[0]["text"].startswith("Nhìn chung")
    assert in_english[0]["text"].startswith("All in all")

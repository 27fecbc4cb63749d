"""Proofs of possession: a right one passes once, and nothing else passes (RFC 9449, SECURITY T14)."""

import base64
from typing import Any

import pytest
import redis.asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.floor.access.dpop import AGE, AHEAD, InvalidDpopProof, Proofs, UseDpopNonce, same_uri
from longan.floor.access.nonces import NONCE_SECONDS, Nonces
from tests.devices import segment
from tests.forged_proofs import NOW, RING, TOKEN, URL, Alone, forgeries, nonces


@pytest.fixture
def away() -> redis.asyncio.Redis:
    """A Valkey that nobody runs."""
    return redis.asyncio.from_url("unix:///nowhere/valkey.sock")


@pytest.fixture
def proofs(away: redis.asyncio.Redis) -> Proofs:
    return Proofs(RING, URL, away, everybody=False)


@pytest.fixture
def device() -> Alone:
    return Alone()


async def check(proofs: Proofs, *sent: str, **other: Any) -> str:
    """As a GET of /v1/me with TOKEN, of the device's key, with a nonce."""
    given: dict[str, Any] = {"token": TOKEN, "ath": True, "key": None, "nonce": True} | other
    return await proofs.check([one.encode("utf-8", "replace") for one in sent], "GET", "/v1/me", NOW, **given)


async def test_a_right_proof_names_its_key(proofs: Proofs, device: Alone) -> None:
    shown = await check(proofs, device.proof("GET", "/v1/me", TOKEN), key=device.thumbprint)

    assert shown == device.thumbprint


def test_the_thumbprint_is_that_of_rfc_9449(proofs: Proofs) -> None:
    # The proof of RFC 9449 section 4.1 and the jkt of section 6.1.
    proof = (
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
        ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ"
        ".2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
    )

    read = proofs.read(proof)

    assert read.thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    assert (read.method, read.uri) == ("POST", "https://server.example.com/token")


async def test_a_proof_is_good_once(proofs: Proofs, device: Alone) -> None:
    proof = device.proof("GET", "/v1/me", TOKEN)

    await check(proofs, proof)

    with pytest.raises(InvalidDpopProof, match="invalid_dpop_proof") as refused:
        await check(proofs, proof)
    assert "came before" in refused.value.headers["WWW-Authenticate"]


async def test_the_other_signature_of_the_same_words_is_no_other_proof(proofs: Proofs, device: Alone) -> None:
    """With (r, s) everybody knows (r, n - s), which is as good a signature."""
    n = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    proof = device.proof("GET", "/v1/me", TOKEN)
    text, _, signature = proof.rpartition(".")
    octets = base64.urlsafe_b64decode(signature + "==")
    twin = f"{text}.{segment(octets[:32] + (n - int.from_bytes(octets[32:])).to_bytes(32))}"

    assert proofs.read(twin).thumbprint == device.thumbprint
    await check(proofs, proof)
    with pytest.raises(InvalidDpopProof):
        await check(proofs, twin)


async def test_one_jti_of_two_keys_is_two_proofs(proofs: Proofs, device: Alone) -> None:
    for one in (device, Alone()):
        await check(proofs, one.proof("GET", "/v1/me", TOKEN, jti="the-same-jti-for-both"))


ALONE = Alone()
FORGERIES = dict(forgeries(ALONE))
NONCES = dict(nonces(ALONE))


def test_the_corpus_is_large_enough() -> None:
    assert len(FORGERIES) + len(NONCES) >= 100


@pytest.mark.parametrize("name", FORGERIES)
async def test_a_forged_proof_never_passes(proofs: Proofs, name: str) -> None:
    with pytest.raises(InvalidDpopProof) as refused:
        await check(proofs, *FORGERIES[name], key=ALONE.thumbprint)

    told = refused.value.headers["WWW-Authenticate"]
    assert told.startswith('DPoP realm="longan", algs="ES256", error="invalid_dpop_proof", error_description="')


@pytest.mark.parametrize("name", NONCES)
async def test_a_nonce_that_is_not_ours_and_of_now_is_asked_for_again(proofs: Proofs, name: str) -> None:
    with pytest.raises(UseDpopNonce) as refused:
        await check(proofs, *NONCES[name], key=ALONE.thumbprint)

    assert 'error="use_dpop_nonce"' in refused.value.headers["WWW-Authenticate"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(data=st.data())
async def test_a_proof_with_one_letter_changed_never_passes(proofs: Proofs, data: st.DataObject) -> None:
    device = Alone()
    proof = device.proof("GET", "/v1/me", TOKEN)
    place = data.draw(st.integers(0, len(proof) - 1))
    letter = data.draw(st.characters(codec="latin-1").filter(lambda each: each != proof[place]))
    changed = proof[:place] + letter + proof[place + 1 :]

    with pytest.raises(InvalidDpopProof):
        await proofs.check(
            [changed.encode("latin-1")], "GET", "/v1/me", NOW, token=TOKEN, ath=True, key=device.thumbprint, nonce=True
        )

    await check(proofs, proof, key=device.thumbprint)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(sent=st.one_of(st.binary(max_size=300), st.lists(st.binary(max_size=80), min_size=3, max_size=3)))
async def test_whatever_is_sent_is_refused_and_never_an_accident(proofs: Proofs, sent: bytes | list[bytes]) -> None:
    spelled_out = sent if isinstance(sent, bytes) else ".".join(segment(part) for part in sent).encode()

    with pytest.raises(InvalidDpopProof):
        await proofs.check([spelled_out], "GET", "/v1/me", NOW, token=TOKEN, ath=True, key=None, nonce=False)


@pytest.mark.parametrize("by", [-AGE, 0, AHEAD])
async def test_a_clock_may_be_off_by_a_little(proofs: Proofs, device: Alone, by: int) -> None:
    assert await check(proofs, device.proof("GET", "/v1/me", TOKEN, iat=int(NOW.timestamp()) + by))


@pytest.mark.parametrize(
    "htu",
    [
        f"{URL}/v1/me?limit=1", f"{URL}/v1/me#top", "HTTPS://ID.TEST/v1/me", "https://id.test:443/v1/me",
    ],
)  # fmt: skip
async def test_an_address_may_be_spelled_otherwise_and_have_a_query(proofs: Proofs, device: Alone, htu: str) -> None:
    assert await check(proofs, device.proof("GET", "/v1/me", TOKEN, htu=htu))


def test_an_address_without_a_path_is_that_of_the_root() -> None:
    assert same_uri("http://127.0.0.1:80", "http://127.0.0.1/")
    assert not same_uri("https://id.test:80/", "https://id.test/")


async def test_without_a_token_there_is_no_ath(proofs: Proofs, device: Alone) -> None:
    assert await check(proofs, device.proof("GET", "/v1/me"), token=None, ath=False)

    with pytest.raises(InvalidDpopProof):
        await check(proofs, device.proof("GET", "/v1/me", TOKEN), token=None, ath=False)


async def test_an_ath_that_is_not_demanded_is_still_that_of_the_token(proofs: Proofs, device: Alone) -> None:
    assert await check(proofs, device.proof("GET", "/v1/me", TOKEN), ath=False)

    with pytest.raises(InvalidDpopProof):
        await check(proofs, device.proof("GET", "/v1/me", "another"), ath=False)


async def test_a_nonce_is_asked_for_where_it_is_demanded_only(
    proofs: Proofs, device: Alone, away: redis.asyncio.Redis
) -> None:
    assert await check(proofs, device.proof("GET", "/v1/me", TOKEN, nonce=None), nonce=False)

    with pytest.raises(UseDpopNonce):
        strict = Proofs(RING, URL, away, everybody=True)
        await check(strict, device.proof("GET", "/v1/me", TOKEN, nonce=None), nonce=False)


def test_a_nonce_lasts_five_to_ten_minutes_and_a_new_key_changes_nothing_for_those_in_use() -> None:
    start = NOW.timestamp() // NONCE_SECONDS * NONCE_SECONDS
    ring = dict(RING)
    ours = Nonces(ring)
    nonce = ours.current(start)

    assert ours.current(start + NONCE_SECONDS - 1) == nonce != ours.current(start + NONCE_SECONDS)
    assert ours.good(nonce, start + 2 * NONCE_SECONDS - 1) and not ours.good(nonce, start + 2 * NONCE_SECONDS)
    assert ours.good(nonce, start - 1), "another machine's clock may be behind"
    ring["2"] = bytes(range(32))
    assert ours.good(nonce, start) and ours.good(ours.current(start + NONCE_SECONDS), start)
    assert len(nonce) == 24 and Nonces(RING).current(start) == nonce, "144 bits, the same in every process"


def test_a_proof_is_remembered_for_longer_than_it_is_good(proofs: Proofs) -> None:
    assert proofs._seen._seconds > AGE + AHEAD


@pytest.mark.parametrize(("ahead", "passes"), [(AHEAD, True), (AHEAD + 1, False)])
async def test_a_proof_of_the_future_passes_by_half_a_minute_at_most(
    proofs: Proofs, device: Alone, ahead: int, passes: bool
) -> None:
    proof = device.proof("GET", "/v1/me", TOKEN, iat=int(NOW.timestamp()) + ahead)

    if passes:
        assert await check(proofs, proof)
    else:
        with pytest.raises(InvalidDpopProof):
            await check(proofs, proof)

"""The part of `make demo` that is about public services: a procedure and its papers, a dossier, a report, a rating."""

import base64
import secrets
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import jwt
from jwt.algorithms import ECAlgorithm

from longan.devkit.demo_people import official
from longan.devkit.walk import Walk

SERVICES_OFFICIAL, FEEDBACK_OFFICIAL = "+84900000022", "+84900000023"
TEMPORARY_RESIDENCE = "1.004194"
DOSSIER, PHONE_ENDS_WITH = "H53.16-261102-0001", "4567"
# A commune that is a part of one ward of now, and one that was divided.
WHOLE, DIVIDED = "27964", "27967"
OFFICE = {"agency_code": "H53.902", "name": "Trung tâm Phục vụ hành chính công", "ward_code": WHOLE}
UNIT = {"name": "Đội chiếu sáng công cộng"}
REPORT = {
    "category_code": "ha_tang", "description": "Đèn đường trước số nhà 12 không sáng đã ba đêm.",
    "lat": 10.9, "lon": 106.469, "ward_code": WHOLE, "attributes": [{"code": "loai", "values": ["chieu_sang"]}],
}  # fmt: skip
STATE = "status status_name clock due_on working_days_left applicant supplements"


async def procedure(walk: Walk, token: str) -> None:
    walk.title("What a public service asks for", "“dang ky tam tru” finds the registration of a temporary residence:")
    page = await walk.ask("GET", "/v1/procedures", query={"q": "dang ky tam tru", "limit": "2"}, only="procedures")
    walk.check(page["items"][0]["code"] == TEMPORARY_RESIDENCE, f"{TEMPORARY_RESIDENCE} is not the first")
    walk.say("Its page says how to file and what to bring, case by case:")
    page = await walk.ask("GET", f"/v1/procedures/{TEMPORARY_RESIDENCE}", only="name agency papers portal")
    cases = [each for each in page["papers"] if each["kind"] == "hand_in"]
    walk.check(bool(cases and page["methods"] and page["legal_basis"]), "papers, methods or legal basis are missing")
    case = cases[0]
    walk.say("She keeps the papers of her case as a checklist, and ticks the first:")
    tick = {"paper": case["papers"][0]["key"], "is_done": True, "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    body = {"procedure_code": page["code"], "case": case["case"], "ticks": [tick]}
    path = f"/v1/me/checklists/{uuid4()}"
    kept = await walk.ask("PUT", path, body, token=token, only="procedure_name case done papers_version version")
    walk.check(kept["done"] == 1, "the tick was not kept")
    walk.say("An old commune became a part of one ward; another was divided, and then nobody chooses for the person:")
    whole = await walk.ask("GET", "/v1/places/resolve", query={"old_ward_code": WHOLE})
    divided = await walk.ask("GET", "/v1/places/resolve", query={"old_ward_code": DIVIDED})
    walk.check(
        not whole["divided"] and divided["divided"] and len(divided["items"]) > 1, "the places are resolved wrongly"
    )


async def dossier(walk: Walk, token: str, target: str) -> None:
    walk.title("How far her dossier is", f"By the code and the end of the phone number on its receipt ({DOSSIER}):")
    receipt = {"code": DOSSIER, "second_factor": PHONE_ENDS_WITH}
    found = await walk.ask("POST", "/v1/dossiers/lookup", receipt, token=token, only=STATE)
    walk.say("She watches it. Then something happens at the office, and the platform says so by a signed webhook:")
    headers = {"Idempotency-Key": str(uuid4())}
    path = "/v1/me/dossier-watches"
    watch = await walk.ask("POST", path, receipt, token=token, headers=headers, expect=201, only="id code")
    story = "payment" if found["status"] == "yeu_cau_bo_sung" else "supplement"
    await walk.happen("/lgsp/changes", {"code": DOSSIER, "story": story})

    def to_her(page: Any) -> Any:
        return next((push for push in page["items"] if "dossier_changed" in str(push)), None)

    await walk.until(f"/fcm/messages?target={target}", to_her, what="The push about the dossier")
    walk.say(
        "The push says that there is news, and the app fetches it; while she is asked for something the clock stands:"
    )
    news = await walk.ask("GET", f"{path}/{watch['id']}", token=token, only=f"{STATE} changed_at")
    walk.check(news["clock"] == "stopped" and news["changed_at"] is not None, "the change did not arrive")


async def report(walk: Walk, token: str) -> None:
    walk.title("She reports a street lamp to 1022", "Was it reported near here lately? Then “me too” would do:")
    near = {"category_code": "ha_tang", "lat": "10.9", "lon": "106.469"}
    await walk.ask("GET", "/v1/feedback/similar", query=near, token=token)
    headers, draft = {"Idempotency-Key": str(uuid4())}, {**REPORT, "client_id": str(uuid4())}
    sent = await walk.ask("POST", "/v1/feedback", draft, token=token, headers=headers, expect=201)
    walk.say(f"An official of 1022 ({FEEDBACK_OFFICIAL}) accepts it and gives it to a unit, which answers:")
    desk = await official(walk, FEEDBACK_OFFICIAL)
    unit = await _one_of(walk, "/v1/feedback-units", "/v1/feedback-units", UNIT, desk)
    words = "Đã thay bóng đèn và kiểm tra cả tuyến đường."
    steps: tuple[tuple[str, dict[str, object]], ...] = (
        ("acceptance", {}), ("forwarding", {"unit_id": unit["id"]}), ("start", {}), ("answer", {"words": words}),
    )  # fmt: skip
    path = f"/v1/feedback-queue/{sent['id']}"
    version = (await walk.ask("GET", path, token=desk, only="code status version"))["version"]
    for step, more in steps:
        said = {"version": version, **more}
        moved = await walk.ask("POST", f"{path}/{step}", said, token=desk, only="status unit_name due_at version")
        version = moved["version"]
    walk.say("She reads the answer, and says what it was worth:")
    mine = await walk.ask("GET", f"/v1/feedback/{sent['id']}", token=token, only="code status answer reopen_until")
    walk.check(mine["answer"] == words, "the answer did not arrive")
    rated = {"stars": 5}
    await walk.ask("POST", f"/v1/feedback/{sent['id']}/rating", rated, token=token, only="status rating")


async def rating(walk: Walk, token: str) -> None:
    walk.title("She rates a visit", f"An official of public services ({SERVICES_OFFICIAL}) gives a counter its kiosk:")
    desk = await official(walk, SERVICES_OFFICIAL)
    office = await _one_of(walk, "/v1/managed-offices", "/v1/offices", OFFICE, desk)
    counter, headers = {"counter": f"Quầy {secrets.token_hex(3)}"}, {"Idempotency-Key": str(uuid4())}
    path = f"/v1/managed-offices/{office['id']}/kiosks"
    kiosk = await walk.ask("POST", path, counter, token=desk, headers=headers, expect=201, only="id counter key_id")
    walk.say("Its key is shown this once. The kiosk signs a token with it, without a network, for the QR code:")
    path = f"/v1/kiosks/{kiosk['id']}/keys"
    key = await walk.ask("POST", path, token=desk, only="kiosk_id key_id link_prefix")
    walk.say("Her phone reads the code, and she answers what is asked. Nobody is told who did:")
    asked = await walk.ask("GET", "/v1/rating-questions", only="items")
    answers = [
        {"question": each["code"], **({"score": 5} if each["kind"] == "score" else {"yes": False})}
        for each in asked["items"]
    ]
    said, headers = {"token": visit_token(key), "answers": answers}, {"Idempotency-Key": str(uuid4())}
    await walk.ask("POST", "/v1/visit-ratings", said, token=token, headers=headers, expect=201)
    walk.say("A token is good once:")
    headers = {"Idempotency-Key": str(uuid4())}
    again = await walk.ask("POST", "/v1/visit-ratings", said, token=token, headers=headers, expect=409)
    walk.check(again["code"] == "already_rated", f"the conflict is called {again['code']!r}")


def visit_token(key: dict[str, Any]) -> str:
    """What a kiosk shows: a JWS (RFC 7515) of ten minutes, signed with the key of `issue_kiosk_key`."""
    now = int(time.time())
    bits = base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
    claims = {"aud": "longan-visit", "iat": now, "exp": now + 600, "jti": bits}
    private: Any = ECAlgorithm.from_jwk(key["private_key"])
    return jwt.encode(claims, private, "ES256", headers={"typ": "visit+jwt", "kid": key["key_id"]})


async def _one_of(walk: Walk, listed: str, created: str, body: dict[str, str], token: str) -> dict[str, Any]:
    """The one of that name that an earlier walk has made, else a new one; not shown."""
    page = (await walk.send("GET", f"{listed}?limit=100", token=token)).json()
    for each in page.get("items", []):
        if each["name"] == body["name"]:
            found: dict[str, Any] = each
            return found
    made = await walk.send("POST", created, body, token=token, headers={"Idempotency-Key": str(uuid4())})
    walk.check(made.status_code == 201, f"{body['name']} cannot be made ({made.text})")
    new: dict[str, Any] = made.json()
    return new

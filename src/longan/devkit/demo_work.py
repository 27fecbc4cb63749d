"""The part of `make demo` that is about work: a worker signs in, finds a job and applies; the employer answers."""

import asyncio
from typing import Any
from uuid import uuid4

from longan.devkit.demo_people import OF_PERSONAS, sign_in
from longan.devkit.walk import Walk

OWNER = "+84900000011"
OTHER_OWNER = "+84900000012"
TRIES_AT_ONCE = 20

SPELLINGS = ("cong nhan may", "CN may", "công nhân may")
# A commune of Long An until July 2025, when it became a part of Xã Đức Lập (same code).
OLD_PLACE, OLD_DISTRICT, OLD_CODE, NEW_CODE = "Xã Mỹ Hạnh Bắc", "Huyện Đức Hòa", "27964", "27964"


async def worker_signs_in(walk: Walk, phone: str) -> dict[str, str]:
    walk.title("A worker signs in", "A new number asks for a code. A known number would get the same answer.")
    tokens = await sign_in(walk, phone, device="Điện thoại của Lan")
    walk.say("The access token lasts five minutes. The refresh token is good once, and brings the next pair:")
    renewed: dict[str, str] = await walk.ask("POST", "/v1/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    token = renewed["access_token"]
    walk.say("Who am I, and in which version? The version is in the ETag, and a change must name it:")
    await walk.ask("GET", "/v1/me", token=token)
    profile = {"full_name": "Nguyễn Thị Lan", "birth_year": 1998, "ward_code": NEW_CODE}
    me = await walk.ask("PATCH", "/v1/me", profile, token=token, headers={"If-Match": walk.etag})
    walk.check(me["full_name"] == "Nguyễn Thị Lan", "the name was not changed")
    return renewed


async def worker_finds_a_job(walk: Walk) -> str:
    walk.title("She finds a job", "People type with marks, without, and in short. All three find “Công nhân may”:")
    for words in SPELLINGS:
        page = await walk.ask("GET", "/v1/jobs", query={"q": words, "ward_code": NEW_CODE, "limit": "2"}, only="titles")
        walk.check(page["items"][0]["title"] == "Công nhân may", f"{words!r} does not find “Công nhân may” first")
    walk.say("The place may be an old code, an old commune or an old district; each means the wards of today:")
    for place in ({"old_ward_code": OLD_CODE}, {"place": OLD_PLACE}, {"place": OLD_DISTRICT}):
        page = await walk.ask("GET", "/v1/jobs", query={"q": SPELLINGS[0], **place, "limit": "2"}, only="titles")
        walk.check(bool(page["items"]), f"there is no job at {place}")
    walk.say("Page by page, with a signed cursor:")
    first = await walk.ask("GET", "/v1/jobs", query={"q": SPELLINGS[0], "limit": "2"}, only="titles")
    cursor = first["next_cursor"]
    second = await walk.ask("GET", "/v1/jobs", query={"q": SPELLINGS[0], "limit": "2", "cursor": cursor}, only="titles")
    ids = [job["id"] for job in first["items"] + second["items"]]
    walk.check(len(ids) == len(set(ids)) == 4, "the pages overlap")
    walk.say("One of them, with everything:")
    page = await walk.ask("GET", "/v1/jobs", query={"q": SPELLINGS[0], "place": OLD_PLACE, "limit": "1"}, only="titles")
    job: str = page["items"][0]["id"]
    await walk.ask("GET", f"/v1/jobs/{job}", only="id status title description employer pay openings version")
    return job


async def worker_applies(walk: Walk, token: str, job: str) -> str:
    walk.title("She applies", "The network is bad, so her phone sends it twenty times at once, all under one key:")
    path, note, key = f"/v1/jobs/{job}/applications", {"note": "Tôi có hai năm kinh nghiệm may chuyền."}, str(uuid4())
    headers = {"Idempotency-Key": key}
    answers = await asyncio.gather(
        *(walk.send("POST", path, note, token=token, headers=headers) for _ in range(TRIES_AT_ONCE))
    )
    statuses, bodies = {answer.status_code for answer in answers}, {answer.content for answer in answers}
    replayed = sum("idempotent-replayed" in answer.headers for answer in answers)
    walk.show("POST", path, note, answers[0], f"× {TRIES_AT_ONCE}")
    walk.say(f"{len(answers)} answers, {len(bodies)} of them different, {replayed} replayed: one application.")
    walk.check(statuses == {201} and len(bodies) == 1, f"the answers differ: statuses {sorted(statuses)}")
    walk.say("Applying once more, under another key, is a conflict with a name:")
    again = await walk.ask("POST", path, note, token=token, headers={"Idempotency-Key": str(uuid4())}, expect=409)
    walk.check(again["code"] == "already_applied", f"the conflict is called {again['code']!r}")
    mine = await walk.ask("GET", "/v1/me/applications", token=token)
    application: str = answers[0].json()["id"]
    walk.check(
        [each["id"] for each in mine["items"]] == [application], "she has another number of applications than one"
    )
    return application


async def employer_answers(walk: Walk, job: str, application: str) -> None:
    walk.title("The employer answers", f"The owner signs in ({OWNER}, a persona: code {OF_PERSONAS}, no SMS):")
    owner = (await sign_in(walk, OWNER))["access_token"]
    path, step = f"/v1/applications/{application}/transitions", {"to": "interview", "message": "8 giờ sáng thứ Hai."}
    received = await walk.ask("GET", f"/v1/jobs/{job}/applications", query={"limit": "1"}, token=owner)
    walk.check(received["items"][0]["id"] == application, "the application did not arrive")
    walk.say(f"Another employer ({OTHER_OWNER}) asks for the same, and there is nothing: 404, not even a refusal.")
    other = (await sign_in(walk, OTHER_OWNER))["access_token"]
    await walk.ask("GET", f"/v1/jobs/{job}/applications", token=other, expect=404)
    await walk.ask("POST", path, step, token=other, expect=404)
    walk.say("The right one moves it on; in the same transaction the notice is promised:")
    moved = await walk.ask("POST", path, step, token=owner)
    walk.check(moved["status"] == "interview", "the application was not moved")


async def worker_is_told(walk: Walk, token: str, phone: str, target: str) -> None:
    walk.title("She is told", "The worker process sent a push to the phone; this is what the local FCM server took:")

    def to_her(page: Any) -> Any:
        return next((push for push in page["items"] if push["target"] == target), None)

    push = await walk.until("/fcm/messages", to_her, what="The push")
    walk.check(
        not any(word in str(push) for word in ("Thị Lan", phone[3:], "may", "Bông Súng")), "the push is personal"
    )
    walk.say("It says nothing personal, for it goes through foreign hands. The app fetches the rest:")
    inbox = await walk.ask("GET", "/v1/me/notifications", token=token)
    walk.check(inbox["unread_count"] == 1, f"unread_count is {inbox['unread_count']}")
    await walk.ask("POST", f"/v1/me/notifications/{inbox['items'][0]['id']}/read", token=token, expect=204)
    inbox = await walk.ask("GET", "/v1/me/notifications", query={"unread": "true"}, token=token)
    walk.check(inbox["unread_count"] == 0, "it is still unread")

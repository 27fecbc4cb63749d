"""The people of `make demo`, and how they sign in."""

from urllib.parse import quote

from longan.devkit.walk import Walk

OF_PERSONAS = "000000"


async def sign_in(walk: Walk, phone: str, *, device: str | None = None) -> dict[str, str]:
    """The tokens of a new session; with a `device` the number is no persona's, and its code comes by SMS."""
    challenge = await walk.ask("POST", "/v1/auth/otp", {"phone": phone}, expect=202)
    code = OF_PERSONAS
    if device is not None:
        walk.say("It leaves through the SMS port. Here the local gateway takes it, and shows what it took:")
        message = await walk.until(f"/sms/latest?phone={quote(phone)}", lambda sms: sms, what="The text message")
        code = message["code"]
    entry: dict[str, object] = {"challenge_id": challenge["challenge_id"], "code": code}
    if device is not None:
        entry["device"] = {"name": device, "platform": "android"}
    tokens: dict[str, str] = await walk.ask("POST", "/v1/auth/otp/verify", entry)
    return tokens


async def official(walk: Walk, phone: str) -> str:
    """The token of a persona in office, signed in without being shown."""
    begun = await walk.send("POST", "/v1/auth/otp", {"phone": phone, "audience": "official"})
    entry = {"challenge_id": begun.json().get("challenge_id"), "code": OF_PERSONAS}
    entered = await walk.send("POST", "/v1/auth/otp/verify", entry)
    walk.check(entered.is_success, f"the official {phone} cannot sign in")
    token: str = entered.json()["access_token"]
    return token

"""What no push has brought goes by Zalo, and what Zalo has not brought by SMS; what has arrived goes nowhere."""

import dataclasses
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest

from longan.devkit import zalo
from longan.floor.messages import texting
from longan.floor.messages.notices import Security
from longan.rooms.fallback import domain
from tests.fallback.conftest import CANARIES, World

WAIT, LONG = texting.WAITS["urgent"], texting.WAITS["normal"]


async def test_where_no_phone_is_in_use_zalo_is_asked_at_once_by_a_template_that_names_nobody(world: World) -> None:
    notice = await world.tell(await world.person("+84917391820"))

    await world.minute()

    (letter,) = world.by_zalo()
    text = await world.text(notice)
    assert zalo.templates()[letter.template_id] == ("security_notice", "vi")
    assert letter.template_data == {"code": notice.hex[-12:].upper()}
    assert (letter.phone, letter.tracking_id) == ("+84917391820", text["id"].hex)
    assert (text["state"], text["message_id"], text["attempts"]) == ("sent", letter.message_id, 1)
    assert world.by_sms() == []


async def test_who_reads_english_gets_the_english_template(world: World) -> None:
    await world.tell(await world.person(locale="en"))

    await world.minute()

    assert zalo.templates()[world.by_zalo()[0].template_id] == ("security_notice", "en")


async def test_what_is_not_worth_a_text_is_none(world: World) -> None:
    notice = await world.tell(await world.person(), Security("new_sign_in"))

    await world.minute()

    assert await world.states(notice) == {}


@pytest.mark.parametrize("state", ["gone", "dead", "expired", "obsolete"])
async def test_a_push_that_is_over_and_never_arrived_is_not_waited_for(world: World, state: str) -> None:
    notice = await world.tell(await world.person())
    await world.push(notice, state=state)

    await world.minute()

    assert len(world.by_zalo()) == 1


@pytest.mark.parametrize("state", ["sent", "queued", "leased"])
async def test_a_push_that_may_still_arrive_has_the_topics_time_to_do_so(world: World, state: str) -> None:
    """What FCM took and nobody saw, and what waits because FCM is away."""
    notice = await world.tell(await world.person())
    lease = {"lease_by": uuid4(), "lease_until": world.clock() + timedelta(days=1)} if state == "leased" else {}
    await world.push(notice, state=state, settled_at=world.clock() if state == "sent" else None, **lease)

    await world.minute(WAIT - timedelta(seconds=5))
    early = len(world.by_zalo())
    await world.minute(timedelta(seconds=10))

    assert (early, len(world.by_zalo())) == (0, 1)


@pytest.mark.parametrize("seen", ["delivered_at", "opened_at"])
async def test_what_a_phone_has_shown_is_not_texted(world: World, seen: str) -> None:
    notice = await world.tell(await world.person())
    await world.push(notice)
    await world.push(notice, **{seen: world.clock()})

    await world.minute(LONG)

    assert world.by_zalo() == []
    assert await world.states(notice) == {"zns": ("obsolete", "arrived")}


async def test_a_silent_removal_is_no_push_that_has_arrived(world: World) -> None:
    notice = await world.tell(await world.person())
    await world.push(notice, kind="removal", delivered_at=world.clock())

    await world.minute(LONG)

    assert len(world.by_zalo()) == 1


@pytest.mark.parametrize("how", ["read_at", "archived_at"])
async def test_what_was_read_elsewhere_is_not_texted(world: World, how: str) -> None:
    notice = await world.tell(await world.person())
    await world.pool.execute(f"update notifications.inbox set {how} = $2 where id = $1", notice, world.clock())

    await world.minute()

    assert world.by_zalo() == []
    assert (await world.states(notice))["zns"] == ("obsolete", "not_wanted")


async def test_what_was_read_while_the_sms_waited_is_not_sent(world: World) -> None:
    """The gateway was away: asked again at the moment of sending. It stays paid for: a try may have gone unheard."""
    notice = await world.tell(await world.person())
    world.fares("no-account")
    await world.minute()
    world.clock.shift(timedelta(minutes=1))
    await domain.claim(world.pool, texting.read(world.context.settings), {}, world.clock())
    promised = (await world.spent())["sms"]
    await world.pool.execute("update notifications.inbox set read_at = $2 where id = $1", notice, world.clock())

    await world.promises()

    assert promised == zalo.SMS_PRICE
    assert world.by_sms() == []
    assert (await world.states(notice))["sms"][0] == "obsolete"
    assert (await world.spent())["sms"] == promised


@pytest.mark.parametrize("mode", ["no-account", "refused", "bad-template"])
async def test_what_zalo_refuses_goes_by_sms_in_plain_generic_words(world: World, mode: str) -> None:
    notice = await world.tell(await world.person("+84917391820"))
    world.fares(mode)

    await world.minute()
    await world.minute()

    (message,) = world.by_sms()
    assert (message.phone, message.text) == ("+84917391820", texting.plain("security_notice", "vi"))
    assert message.text.isascii()
    assert len(message.text) <= 160
    assert message.reference == (await world.text(notice, "sms"))["id"]
    assert (await world.states(notice))["sms"][0] == "sent"
    assert await world.spent() == {"zns": 0, "sms": zalo.SMS_PRICE}


async def test_what_is_not_reported_in_time_goes_by_sms_once(world: World) -> None:
    notice = await world.tell(await world.person())
    world.fares("undelivered")

    await world.minute()
    await world.minute(WAIT - timedelta(seconds=5))
    early = len(world.by_sms())
    await world.minute(timedelta(seconds=10))
    await world.minute(LONG)

    assert (early, len(world.by_sms()), len(world.by_zalo())) == (0, 1, 1)
    assert await world.states(notice) == {"zns": ("sent", "not_reported"), "sms": ("sent", None)}


async def test_zalo_is_asked_before_an_sms_is_paid_for_want_of_a_report(world: World) -> None:
    notice = await world.tell(await world.person())
    world.fares("unreported")

    await world.minute()
    await world.minute(WAIT)
    await world.minute()

    assert world.by_sms() == []
    assert await world.states(notice) == {"zns": ("delivered", None)}


async def test_a_topic_whose_sms_nobody_asked_for_stays_with_zalo(world: World) -> None:
    notice = await world.interview(await world.person())
    world.fares("undelivered")

    await world.minute()
    await world.minute(LONG)
    await world.minute()

    assert (len(world.by_zalo()), world.by_sms()) == (1, [])
    assert await world.states(notice) == {"zns": ("sent", "not_reported")}


async def test_at_night_only_what_is_urgent_rings(world: World) -> None:
    world.clock.shift(timedelta(hours=13))  # eleven o'clock
    interview = await world.interview(await world.person())
    await world.tell(await world.person())

    await world.minute()
    at_night = [zalo.templates()[letter.template_id][0] for letter in world.by_zalo()]
    await world.minute(timedelta(hours=8, minutes=1))

    assert at_night == ["security_notice"]
    assert len(world.by_zalo()) == 2
    assert (await world.states(interview))["zns"][0] == "sent"


async def test_whoever_chose_quiet_hours_is_not_texted_in_them(world: World) -> None:
    """From ten to twelve every day, as after a night shift."""
    account = await world.person()
    days = ", ".join(f"[{day * 1440 + 600}, {day * 1440 + 720})" for day in range(7))
    await world.pool.execute(
        "insert into preferences.choices (account_id, quiet, updated_at) values ($1, $2::text::int4multirange, now())",
        account, f"{{{days}}}",
    )  # fmt: skip
    notice = await world.interview(account)

    await world.minute()
    early = len(world.by_zalo())
    await world.minute(timedelta(hours=2, seconds=1))

    assert (early, len(world.by_zalo())) == (0, 1)
    assert (await world.states(notice))["zns"][0] == "sent"


async def test_whoever_switched_a_carrier_off_is_not_reached_by_it(world: World) -> None:
    """Zalo off, SMS on: it goes by SMS, without Zalo ever hearing of the number."""
    account = await world.person()
    await world.pool.execute(
        "insert into preferences.choices (account_id, said, updated_at) values ($1, $2::jsonb, now())",
        account, '{"application_moved": {"zns": false, "sms": true}}',
    )  # fmt: skip
    notice = await world.interview(account)

    await world.minute()
    await world.minute()

    assert (world.by_zalo(), len(world.by_sms())) == ([], 1)
    assert await world.states(notice) == {"zns": ("obsolete", "not_wanted"), "sms": ("sent", None)}


async def test_a_closed_account_and_one_without_a_number_are_not_texted(world: World) -> None:
    closed, bare = await world.person(), await world.person()
    notices = [await world.tell(closed), await world.tell(bare)]
    await world.pool.execute("update identity.accounts set disabled_at = $2 where id = $1", closed, world.clock())
    await world.pool.execute("update identity.accounts set phone_index = null, phone_cipher = null where id = $1", bare)

    await world.minute()

    assert (world.by_zalo(), world.by_sms()) == ([], [])
    assert [(await world.states(notice))["zns"][0] for notice in notices] == ["obsolete", "failed"]


async def test_what_is_too_old_is_not_sent(world: World) -> None:
    notice = await world.tell(await world.person())

    await world.minute(timedelta(days=4))

    assert world.by_zalo() == []
    assert (await world.states(notice))["zns"] == ("expired", "too_late")


async def test_without_a_plan_nobody_is_texted_and_nothing_waits(world: World) -> None:
    notice = await world.tell(await world.person())
    told = msgspec.structs.replace(world.context.settings, texts=None, zalo_app_id="")
    world.context = dataclasses.replace(world.context, settings=told)

    await world.minute()

    assert await world.states(notice) == {"zns": ("withheld", "not_set_up")}


async def test_without_zalo_everything_goes_by_sms(world: World) -> None:
    await world.tell(await world.person())
    told = msgspec.structs.replace(world.context.settings, zalo_app_id="")
    world.context = dataclasses.replace(world.context, settings=told)

    await world.minute()
    await world.minute()

    assert (len(world.by_zalo()), len(world.by_sms())) == (0, 1)


async def test_nothing_that_goes_out_or_is_kept_says_anything_of_anybody(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Canaries: after every fault, the room's tables, the queue, the log and what Zalo heard are searched."""
    caplog.set_level("DEBUG")
    for mode in ("ok", "no-account", "garbled", "reset", "reset-after", "unavailable", "expired", "undelivered"):
        account = await world.person(None if mode != "ok" else "+84917391820")
        await world.pool.execute(
            "update people.profiles set full_name = $2 where account_id = $1", account, CANARIES[0]
        )
        await world.tell(account)
        await world.interview(account)
        world.fares(mode)
        await world.minute()
        await world.minute(WAIT)
    world.zalo.token_faults.script = zalo.wire.Script("garbled")
    await world.minute(timedelta(days=2))
    kept = []
    for table in ("fallback.texts", "fallback.spending", "fallback.breakers", "fallback.zalo_grants", "pgqueuer"):
        kept += [f"{table} {row[0]}" for row in await world.pool.fetch(f"select t::text from {table} t")]
    heard = [f"{letter.text} {letter.template_data} {letter.tracking_id}" for letter in world.by_zalo()]

    everything = "\n".join([*kept, *heard, caplog.text, *(message.text for message in world.by_sms())])

    secrets = [*world.zalo._good, world.zalo._refresh_token, world.context.settings.zalo_refresh_token]
    secrets += [world.context.settings.zalo_app_secret, world.context.settings.zalo_oa_secret]
    assert len(world.by_zalo()) >= 4
    for secret in (*CANARIES, *secrets):
        assert secret not in everything
        assert secret.encode().hex() not in everything


async def test_a_plan_that_was_spoilt_while_the_worker_runs_is_told_and_texts_wait(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    notice, file = await world.tell(await world.person()), world.context.settings.texts
    assert file is not None
    good = file.read_text()
    file.write_text("nonsense")

    await world.minute()
    waits = await world.states(notice)
    file.write_text(good)
    await world.minute()

    assert waits == {"zns": ("queued", None)}
    assert [record.levelname for record in caplog.records if "for the worse" in record.message] == ["ERROR"]
    assert (await world.states(notice))["zns"][0] == "sent"

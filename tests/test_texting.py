"""LONGAN_TEXTS: what it says is checked before anybody is texted by it."""

from pathlib import Path

import msgspec
import pytest

from longan.devkit import zalo
from longan.floor.messages import texting
from longan.floor.messages.notices import NOTICES
from longan.floor.setup.settings import BadSettings, Settings, check

TARIFF = """
[[tariffs]]
from = 2026-01-01
zns = { price = 300, budget = 1000 }
"""


def read(settings: Settings, folder: Path, text: str | None, app_id: str = "1") -> texting.Plan | None:
    if text is not None:
        (folder / "texts.toml").write_text(text)
    told = msgspec.structs.replace(settings, texts=folder / "texts.toml", zalo_app_id=app_id)
    return texting.read(told)


def test_the_plan_of_the_local_zalo_is_whole(settings: Settings, tmp_path: Path) -> None:
    zalo.write_plan(tmp_path / "texts.toml")

    plan = read(settings, tmp_path, None)

    assert plan is not None
    assert set(plan.templates) == {topic for topic, notice in NOTICES.items() if "zns" in notice.carriers}
    assert len({number for ids in plan.templates.values() for number in ids.values()}) == 2 * len(plan.templates)


def test_without_zalo_no_template_is_needed(settings: Settings, tmp_path: Path) -> None:
    assert read(settings, tmp_path, TARIFF, app_id="") is not None


WRONG = {
    "no file": None,
    "no TOML": "{",
    "no tariff": "texts_a_day = 3\ntariffs = []",
    "a negative budget": TARIFF.replace("1000", "-1"),
    "half a dong": TARIFF.replace("1000", "0.5"),
    "a price of nothing": TARIFF.replace("300", "0"),
    "an unknown word": "texts_a_week = 3\n" + TARIFF,
    "two tariffs of a day": TARIFF + TARIFF,
    "no templates": TARIFF,
    "a template of a topic that there is not": TARIFF + '[templates.nothing]\nvi = "1"\nen = "2"',
    "no template in one language": TARIFF
    + "".join(f'[templates.{topic}]\nvi = "1"\n' for topic, notice in NOTICES.items() if "zns" in notice.carriers),
    "a template that is no number": TARIFF + '[templates.security_notice]\nvi = "x"\nen = "2"',
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_a_plan_that_is_wrong_stops_the_start_with_a_sentence(
    settings: Settings, tmp_path: Path, text: str | None
) -> None:
    with pytest.raises(BadSettings, match=r"texts\.toml.*\.$"):
        read(settings, tmp_path, text)


def test_zalo_without_a_plan_stops_the_start(settings: Settings) -> None:
    with pytest.raises(BadSettings, match="LONGAN_TEXTS"):
        texting.read(msgspec.structs.replace(settings, texts=None, zalo_app_id="1"))


@pytest.mark.parametrize("topic", [topic for topic, notice in NOTICES.items() if notice.carriers])
def test_the_words_of_a_text_message_are_one_part_and_the_same_for_everybody(topic: str) -> None:
    for locale in ("vi", "en"):
        text = texting.plain(topic, locale)
        assert text.isascii()
        assert len(text) <= texting.LONGEST_SMS
        assert not any(character in text for character in "{}[]^\\|~`")
        assert not any(character.isdigit() for character in text)


ZALO = {"zalo_app_id": "1", "zalo_app_secret": "s" * 16, "zalo_oa_secret": "o" * 16, "zalo_refresh_token": "r"}


def in_production(told: Settings, folder: Path, **changed: str) -> None:
    (folder / "fcm.json").touch()
    check(
        msgspec.structs.replace(
            told, env="production", public_url="https://example.vn", sms_url="https://sms.example.vn", sms_key="k" * 16,
            fcm_credentials=folder / "fcm.json", **(ZALO | changed),
        ),
        {},
    )  # fmt: skip


def test_zalo_with_all_its_secrets_is_content(settings: Settings, tmp_path: Path) -> None:
    in_production(settings, tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"zalo_app_secret": ""}, {"zalo_oa_secret": ""}, {"zalo_refresh_token": ""}, {"zalo_app_secret": "short"},
        {"zalo_oa_secret": "short"}, {"zalo_url": "http://127.0.0.1:8002/zalo"}, {"zalo_url": "http://zalo.example"},
        {"zalo_oauth_url": "https://localhost/zalo"},
    ],
)  # fmt: skip
def test_zalo_half_set_up_or_on_this_machine_stops_the_start(
    settings: Settings, tmp_path: Path, wrong: dict[str, str]
) -> None:
    with pytest.raises(BadSettings, match="LONGAN_ZALO_"):
        in_production(settings, tmp_path, **wrong)

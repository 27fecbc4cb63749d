"""A platform that is set up by half stops the start with one sentence."""

import msgspec
import pytest

from longan.floor.dossiers import lgsp
from longan.floor.setup.settings import BadSettings, Settings, check

WHOLE = {"lgsp_url": "https://lgsp.example.vn", "lgsp_user": "longan", "lgsp_password": "x" * 12, "lgsp_unit": "H53"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"lgsp_user": ""}, "LONGAN_LGSP_USER"),
        ({"lgsp_unit": ""}, "LONGAN_LGSP_UNIT"),
        ({"lgsp_calls_per_second": 0}, "LONGAN_LGSP_CALLS_PER_SECOND"),
        ({"lgsp_calls_per_second": 1_001}, "LONGAN_LGSP_CALLS_PER_SECOND"),
        ({"lgsp_password": "short", "env": "production"}, "LONGAN_LGSP_PASSWORD"),
    ],
)
def test_what_is_missing_or_weak_is_named(settings: Settings, wrong: dict[str, object], named: str) -> None:
    given = msgspec.structs.replace(settings, **(WHOLE | wrong))

    with pytest.raises(BadSettings, match=named):
        check(given, {})


def test_what_is_whole_is_taken_and_the_password_is_not_shown(settings: Settings) -> None:
    given = msgspec.structs.replace(settings, **WHOLE)

    check(given, {})

    assert "x" * 12 not in repr(given)
    assert "x" * 12 not in repr(lgsp.Account(given.lgsp_url, given.lgsp_user, given.lgsp_password, given.lgsp_unit))

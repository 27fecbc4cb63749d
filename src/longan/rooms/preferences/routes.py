"""HTTP of the room."""

from litestar import get, patch
from litestar.params import JSONBody

from longan.floor.requests.deps import Conn, Ex, Locale, Me, Now, Tx
from longan.floor.requests.policy import decided
from longan.rooms.preferences import domain
from longan.rooms.preferences.models import (
    ChannelNotOffered,
    NeverLoud,
    NotificationPreferences,
    PreferencesChange,
    TopicMandatory,
)

QUIET = [
    {"weekdays": ["mon", "tue", "wed", "thu", "fri"], "begins": "22:00", "ends": "05:30"},
    {"weekdays": ["sat"], "begins": "07:00", "ends": "15:00"},
]
EXAMPLE = {
    "topics": [
        {
            "topic": "application_moved", "name": "Hồ sơ ứng tuyển",
            "about": "Khi hồ sơ ứng tuyển có bước mới: được xem, mời phỏng vấn, được nhận…", "urgency": "normal",
            "mandatory": False, "why": None, "full_text": True,
            "channels": [{"channel": "push", "on": True, "at_first": True, "fixed": False}],
        },
    ],
    "lock_screen": "discreet", "time_zone": "Asia/Ho_Chi_Minh", "quiet_hours": QUIET, "quiet_until": None,
    "digest_at": "18:00", "version": 2,
}  # fmt: skip
EXAMPLE_CHANGE = {"topics": {"application_moved": {"push": True}}, "lock_screen": "discreet", "quiet_hours": QUIET}


@get(
    "/v1/me/notification-preferences",
    tags=["preferences"],
    opt=decided(auth="any", limit="lookup", example=EXAMPLE),
)
async def get_notification_preferences(
    conn: Conn, me: Me, locale: Locale, now: Now, exchange: Ex
) -> NotificationPreferences:
    """What you are told, by which way, in how many words, and when it is quiet"""
    found = await domain.shown(conn, me, locale, now)
    return exchange.tagged(found, found.version, found.topics, found.quiet_until)


@patch(
    "/v1/me/notification-preferences",
    tags=["preferences"],
    opt=decided(
        auth="any", limit="write", if_match=True, raises=(TopicMandatory, ChannelNotOffered, NeverLoud),
        request_example=EXAMPLE_CHANGE, example=EXAMPLE,
    ),
)  # fmt: skip
async def update_notification_preferences(
    tx: Tx, me: Me, locale: Locale, now: Now, exchange: Ex, data: JSONBody[PreferencesChange]
) -> NotificationPreferences:
    """Change what is named; the rest stays

    Quiet hours are for every shift: several patterns of weekdays, each until the next day where it ends before it
    begins. A push that comes in them waits until they are over; an urgent one does not wait. What holds for a push is
    asked again at the moment of sending, so that a change holds at once.
    """
    found = await domain.change(tx, me, data, exchange.expected_versions(), locale, now)
    return exchange.tagged(found, found.version, found.topics, found.quiet_until)


HANDLERS = [get_notification_preferences, update_notification_preferences]

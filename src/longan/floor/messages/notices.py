"""What people are told: the topics, what fills their words, how urgent they are and how long they are worth telling."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from importlib.resources import files
from string import Formatter
from typing import Any, Literal, get_args

import msgspec

from longan.floor.base.fields import Locale
from longan.floor.dossiers.dossier_following import News

SubjectKind = Literal[
    "application",
    "employer",
    "account",
    "session",
    "job",
    "campaign",
    "invitation",
    "saved_search",
    "dossier_watch",
    "feedback",
    "listing",
    "viewing",
]
Channel = Literal["push", "zns", "sms"]
Carrier = Literal["zns", "sms"]
Urgency = Literal["urgent", "normal", "low"]


class Moved(msgspec.Struct, frozen=True):
    status: Literal[
        "viewed", "shortlisted", "interview", "offer", "hired", "rejected", "withdrawn", "expired", "obsolete"
    ]
    job_title: str
    employer_name: str


class Received(msgspec.Struct, frozen=True):
    job_title: str
    employer_name: str


class Decided(msgspec.Struct, frozen=True):
    decision: Literal["verified", "rejected", "suspended", "reinstated", "name_accepted", "name_refused"]
    employer_name: str


class Invited(msgspec.Struct, frozen=True):
    """`standing` is the employer's: what nobody has checked is not named."""

    standing: Literal["verified", "unverified"]
    employer_name: str


class MembershipChanged(msgspec.Struct, frozen=True):
    """Of the reader: `removed`, `made_owner`, `made_recruiter`; of somebody else: `joined`, `left`."""

    what: Literal["removed", "made_owner", "made_recruiter", "joined", "left"]
    employer_name: str


class Security(msgspec.Struct, frozen=True):
    """Something happened to the account itself, which its owner must hear of although they may have done it."""

    what: Literal[
        "new_sign_in", "session_evicted", "refresh_token_reused", "passkey_added",
        "passkey_removed", "way_in_added", "way_in_removed", "phone_changed", "recovery_begun", "recovered",
        "recovery_of_staff", "identity_confirmed", "identity_refused", "role_granted", "role_ended", "role_kept",
        "signed_out_by_staff", "staff_signed_out", "device_key_enrolled", "device_key_removed", "passkey_counter_back",
    ]  # fmt: skip


class Announced(msgspec.Struct, frozen=True):
    """What officials say to many; whoever reads English reads Vietnamese where they wrote nothing else."""

    title: str
    body: str
    title_en: str
    body_en: str


class SessionEnding(msgspec.Struct, frozen=True):
    """Nothing to fill in."""


class Posting(msgspec.Struct, frozen=True):
    job_title: str
    employer_name: str


class JobDigest(msgspec.Struct, frozen=True):
    """How many new postings a person's saved searches have found since the digest before."""

    count: int


class Reviewed(msgspec.Struct, frozen=True):
    """What became of a posting of the reader's employer; `held`: it waits for an official, whose `reason` it is
    else."""

    decision: Literal["held", "published", "returned", "suspended", "paused", "upheld", "granted"]
    job_title: str
    employer_name: str
    reason: str


class Answered(msgspec.Struct, frozen=True):
    """What an official found of the reader's report of a posting."""

    outcome: Literal["confirmed", "dismissed"]
    job_title: str


class DossierChanged(msgspec.Struct, frozen=True):
    """What is new about a dossier that the reader watches."""

    what: News


class DossierReminder(msgspec.Struct, frozen=True):
    """`days` are working days: by which it is late, or on which something has waited for the reader."""

    what: Literal["overdue", "supplement_waiting", "payment_waiting"]
    days: int


class Unused(msgspec.Struct, frozen=True):
    """Nothing to fill in: a search's own words stand in no notice."""


class HousingEnding(msgspec.Struct, frozen=True):
    """A listing of the reader's that is about to be taken for stale."""

    title: str


class HousingFound(msgspec.Struct, frozen=True):
    """A new listing that fits a search the reader saved."""

    title: str


class HousingDigest(msgspec.Struct, frozen=True):
    """How many new listings a person's saved searches have found since the digest before."""

    count: int


HousingReason = Literal[
    "fraud", "wrong_price", "gone", "not_as_shown", "unsafe", "discrimination", "copied", "other"
]  # fmt: skip


class HousingMoved(msgspec.Struct, frozen=True):
    """Where an official or the system has brought a listing of the reader's; `reason` is an official's; `reported`:
    what was confirmed of it."""

    what: Literal["open", "draft", "stale", "hidden", "suspended", "closed"]
    title: str
    reason: str
    reported: list[HousingReason] = []


class HousingReportAnswered(msgspec.Struct, frozen=True):
    """What officials found of a listing that the reader has reported."""

    outcome: Literal["confirmed", "dismissed"]
    title: str


class ViewingMoved(msgspec.Struct, frozen=True):
    """A step of a request to see a room, or what came by itself; `at` is the time that was agreed on, if any."""

    what: Literal["requested", "moved", "accepted", "refused", "withdrawn", "lapsed", "ended"]
    title: str
    at: str


class ViewingSoon(msgspec.Struct, frozen=True):
    title: str
    at: str


class FeedbackMoved(msgspec.Struct, frozen=True):
    """A step of the reader's own report to 1022; `code` is what one says on the telephone."""

    status: Literal[
        "yeu_cau_bo_sung", "da_tiep_nhan", "da_chuyen", "dang_xu_ly", "da_tra_loi", "da_dong", "tu_choi"
    ]  # fmt: skip
    code: str


class SupportedFeedbackMoved(msgspec.Struct, frozen=True):
    """A step of a report of somebody else, which the reader supports."""

    status: Literal["da_tiep_nhan", "da_chuyen", "dang_xu_ly", "da_tra_loi", "mo_lai", "da_dong", "tu_choi"]
    code: str


class FeedbackMerged(msgspec.Struct, frozen=True):
    """The reader's own report, `code`, follows another one of the same thing from now on."""

    code: str


class FeedbackAlarm(msgspec.Struct, frozen=True):
    """To officials: a term of a report in their wards ends soon, or has ended."""

    what: Literal["accept_soon", "accept_late", "answer_soon", "answer_late"]
    code: str


Params = (
    JobDigest | Unused | SessionEnding | Posting | Moved | Received | Decided | Security | Announced | Reviewed
    | Answered | Invited | MembershipChanged | DossierChanged | DossierReminder
    | HousingFound | HousingDigest | HousingEnding | HousingMoved | HousingReportAnswered | ViewingMoved | ViewingSoon
    | FeedbackMoved | SupportedFeedbackMoved | FeedbackMerged | FeedbackAlarm
)  # fmt: skip
Words = tuple[str, str]  # title and body


class BadWords(TypeError):
    """Words that nothing fills, or that some reader would miss: the process does not start with them."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A topic. `words[variant][locale]` are for the inbox, filled with the params; the variant is the value of the
    param `chosen_by`. `push[locale]` is for the lock screen and the foreign carriers on the way: it never has params.
    `settings[locale]` names the topic to whoever chooses what to hear. Pushes of one `channel` replace each other while
    a phone is away; after `life` a push is not worth sending, after `inbox_life` nobody looks for it.

    `urgency`: urgent breaks quiet hours, low waits for the digest of the day. `mandatory` says why the channels in
    `at_first`, those that are on while nobody said otherwise, cannot be switched off. `carriers`: what may stand in
    for a push, in order. `consent`: the purpose (privacy.purposes) without which nobody is told. `full`: whoever chose
    so has the words of the inbox on the lock screen. `link`: what the app opens. `stands`: whether the reason is still
    there at the moment of sending, as SQL over `i`, a row of notifications.inbox, and `moment` (wanting.py).
    """

    params: type[Params]
    subject: SubjectKind
    channel: str
    life: timedelta
    push: Mapping[Locale, Words]
    words: Mapping[str, Mapping[Locale, Words]]
    settings: Mapping[Locale, Words]
    inbox_life: timedelta = timedelta(days=400)
    chosen_by: str | None = None
    mandatory: Mapping[Locale, str] | None = None
    urgency: Urgency = "normal"
    carriers: tuple[Carrier, ...] = ()
    at_first: tuple[Channel, ...] = ("push",)
    consent: str | None = None
    full: bool = False
    link: str = ""
    stands: str = "true"

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The ways to the phone that a person can choose for it; the inbox always has it."""
        return ("push", *self.carriers)

    def fixed(self, channel: Channel) -> bool:
        """Whether nobody can switch the channel off."""
        return self.mandatory is not None and channel in self.at_first


class Written(msgspec.Struct, frozen=True):
    """The words of one topic in notices.toml; whatever else stands there is a variant of the inbox's words."""

    push: dict[Locale, Words]
    settings: dict[Locale, Words]
    mandatory: dict[Locale, str] | None = None


def _read() -> dict[str, dict[str, Any]]:
    read: dict[str, dict[str, Any]] = msgspec.toml.decode(
        files("longan.floor.messages").joinpath("notices.toml").read_bytes()
    )
    return read


_TEXTS = _read()


def _notice(topic: str, params: type[Params], *, chosen_by: str | None = None, **given: Any) -> tuple[str, Notice]:
    """A topic with its words from notices.toml; those of a topic without variants stand under `plain`."""
    text = _TEXTS.get(topic, {})
    variants = {name: said for name, said in text.items() if name not in Written.__struct_fields__}
    try:
        written = msgspec.convert(text, Written)
        words = msgspec.convert(variants, dict[str, dict[Locale, Words]])
    except msgspec.ValidationError as error:
        raise BadWords(f"{topic}: {error}") from error
    if chosen_by is None:
        words = {"" if name == "plain" else name: said for name, said in words.items()}
    return topic, Notice(
        params=params, push=written.push, settings=written.settings, mandatory=written.mandatory, chosen_by=chosen_by,
        words=words, **given,
    )  # fmt: skip


# Who was told as a member of an employer and is none any more.
_LEFT = """not exists (select from members.members b where b.employer_id = {} and b.account_id = i.account_id)"""

NOTICES: dict[str, Notice] = dict([
    _notice(
        "application_moved", Moved, chosen_by="status", subject="application", channel="applications",
        life=timedelta(days=3), full=True, link="applications/{subject_id}",
        carriers=("zns", "sms"), at_first=("push", "zns"),
        stands=f"""not exists (select from applications.applications a
                               where a.id = i.subject_id
                                 and (a.status <> i.params ->> 'status'
                                      or a.worker_id <> i.account_id and {_LEFT.format("a.employer_id")}))""",
    ),
    _notice(
        "application_received", Received, subject="application", channel="hiring", life=timedelta(days=1), full=True,
        link="applications/{subject_id}",
        stands=f"""not exists (select from applications.applications a
                               where a.id = i.subject_id
                                 and (a.status in ('withdrawn', 'expired', 'obsolete')
                                      or {_LEFT.format("a.employer_id")}))""",
    ),
    _notice(
        "employer_decided", Decided, chosen_by="decision", subject="employer", channel="employers",
        life=timedelta(days=3), full=True, link="employers/{subject_id}", carriers=("zns",),
        stands=f"""not exists (select from employers.employers e
                               where e.id = i.subject_id
                                 and ({_LEFT.format("e.id")}
                                      or not starts_with(i.params ->> 'decision', 'name_')
                                     and e.status <> replace(i.params ->> 'decision', 'reinstated', 'verified')))""",
    ),
    _notice(
        "employer_invitation", Invited, chosen_by="standing", subject="invitation", channel="employers",
        life=timedelta(days=3), inbox_life=timedelta(days=14), full=True, link="invitations",
        stands="""exists (select from members.invitations v
                           where v.id = i.subject_id and v.answered_at is null and v.expires_at > moment)""",
    ),
    _notice(
        "membership_changed", MembershipChanged, chosen_by="what", subject="employer", channel="employers",
        life=timedelta(days=3), full=True, link="employers/{subject_id}",
    ),
    _notice(
        "security_notice", Security, chosen_by="what", subject="account", channel="security", life=timedelta(days=3),
        urgency="urgent", full=True, link="security", carriers=("zns", "sms"), at_first=("push", "zns", "sms"),
    ),
    _notice(
        "session_expiring", SessionEnding, subject="session", channel="sessions", life=timedelta(days=2),
        link="sessions/{subject_id}",
        stands="""exists (select from sessions.sessions s
                           where s.id = i.subject_id and s.ended_at is null
                             and least(s.idle_expires_at, s.expires_at) <= i.created_at + interval '3 days')""",
    ),
    _notice(
        "job_expiring", Posting, subject="job", channel="hiring", life=timedelta(days=2), full=True,
        link="jobs/{subject_id}",
        stands=f"""exists (select from jobs.postings j
                           where j.id = i.subject_id and j.status = 'open'
                             and j.expires_at > moment and j.expires_at <= i.created_at + interval '3 days'
                             and not {_LEFT.format("j.employer_id")})""",
    ),
    _notice(
        "job_expired", Posting, subject="job", channel="hiring", life=timedelta(days=3), urgency="low", full=True,
        link="jobs/{subject_id}",
    ),
    _notice(
        "saved_job_expiring", Posting, subject="job", channel="saved_jobs", life=timedelta(days=2), urgency="low",
        full=True, link="jobs/{subject_id}",
        stands="""exists (select from saved_jobs.saves s
                            join jobs.postings j on j.id = s.posting_id
                           where s.account_id = i.account_id and s.posting_id = i.subject_id and j.status = 'open'
                             and j.expires_at > moment and j.expires_at <= i.created_at + interval '2 days'
                             and not exists (select from applications.applications a
                                              where a.worker_id = i.account_id and a.job_id = j.id
                                                and a.status <> 'obsolete'))""",
    ),
    _notice(
        "job_alert", Posting, subject="job", channel="job_alerts", life=timedelta(days=1),
        inbox_life=timedelta(days=90), full=True, link="jobs/{subject_id}",
        stands="""exists (select from job_alerts.hits h
                            join jobs.postings j on j.id = h.posting_id
                            join saved_searches.searches s on s.id = any(h.search_ids)
                           where h.account_id = i.account_id and h.posting_id = i.subject_id and s.cadence <> 'none'
                             and j.status = 'open' and j.expires_at > moment)""",
    ),
    _notice(
        "job_digest", JobDigest, subject="account", channel="job_digest", life=timedelta(days=1),
        inbox_life=timedelta(days=90), full=True, link="job-alerts",
        stands="""exists (select from job_alerts.hits h
                            join jobs.postings j on j.id = h.posting_id
                            join saved_searches.searches s on s.id = any(h.search_ids)
                           where h.account_id = i.account_id and h.told_at = i.created_at and not h.dropped
                             and s.cadence <> 'none' and j.status = 'open' and j.expires_at > moment)""",
    ),
    _notice(
        "saved_search_unused", Unused, subject="saved_search", channel="saved_searches", life=timedelta(days=7),
        urgency="low", link="saved-searches/{subject_id}",
        stands="""exists (select from saved_searches.searches s
                           where s.id = i.subject_id and s.cadence <> 'none' and s.doubted_at is not null)""",
    ),
    _notice(
        "housing_found", HousingFound, subject="listing", channel="housing_alerts", life=timedelta(days=1),
        inbox_life=timedelta(days=90), full=True, link="housing/{subject_id}",
        stands="""exists (select from housing_alerts.hits h
                            join housing.listings l on l.id = h.listing_id
                            join saved_searches.searches s on s.id = any(h.search_ids)
                           where h.account_id = i.account_id and h.listing_id = i.subject_id and s.cadence <> 'none'
                             and l.status = 'open' and l.stale_at > moment)""",
    ),
    _notice(
        "housing_digest", HousingDigest, subject="account", channel="housing_digest", life=timedelta(days=1),
        inbox_life=timedelta(days=90), full=True, link="housing-alerts",
        stands="""exists (select from housing_alerts.hits h
                            join housing.listings l on l.id = h.listing_id
                            join saved_searches.searches s on s.id = any(h.search_ids)
                           where h.account_id = i.account_id and h.told_at = i.created_at and not h.dropped
                             and s.cadence <> 'none' and l.status = 'open' and l.stale_at > moment)""",
    ),
    _notice(
        "housing_search_unused", Unused, subject="saved_search", channel="saved_searches", life=timedelta(days=7),
        urgency="low", link="saved-housing-searches/{subject_id}",
        stands="""exists (select from saved_searches.searches s
                           where s.id = i.subject_id and s.cadence <> 'none' and s.doubted_at is not null)""",
    ),
    _notice(
        "job_reviewed", Reviewed, chosen_by="decision", subject="job", channel="hiring", life=timedelta(days=3),
        link="jobs/{subject_id}/review",
    ),
    _notice(
        "job_report_answered", Answered, chosen_by="outcome", subject="job", channel="job_reports",
        life=timedelta(days=3), urgency="low", link="job-reports",
    ),
    _notice(
        "listing_stale_soon", HousingEnding, subject="listing", channel="housing", life=timedelta(days=2), full=True,
        link="my-housing/{subject_id}",
        stands="""exists (select from housing.listings l
                           where l.id = i.subject_id and l.status = 'open'
                             and l.stale_at > moment and l.stale_at <= i.created_at + interval '4 days')""",
    ),
    _notice(
        "listing_moved", HousingMoved, chosen_by="what", subject="listing", channel="housing", life=timedelta(days=3),
        link="my-housing/{subject_id}",
        stands="""exists (select from housing.listings l
                           where l.id = i.subject_id and l.status = i.params ->> 'what')""",
    ),
    _notice(
        "housing_report_answered", HousingReportAnswered, chosen_by="outcome", subject="listing",
        channel="housing_reports", life=timedelta(days=3), urgency="low", link="housing-reports",
    ),
    _notice(
        "viewing_moved", ViewingMoved, chosen_by="what", subject="viewing", channel="viewings", life=timedelta(days=2),
        link="viewings/{subject_id}",
        stands="""exists (select from viewings.requests r
                           where r.id = i.subject_id and r.status = i.params ->> 'what')""",
    ),
    _notice(
        "viewing_soon", ViewingSoon, subject="viewing", channel="viewings", life=timedelta(hours=2),
        link="viewings/{subject_id}",
        stands="""exists (select from viewings.requests r
                           where r.id = i.subject_id and r.status = 'accepted' and r.agreed_for > moment)""",
    ),
    _notice(
        "dossier_changed", DossierChanged, chosen_by="what", subject="dossier_watch", channel="dossiers",
        life=timedelta(days=3), link="dossier-watches/{subject_id}",
        stands="""exists (select from dossier_watches.watches w
                           where w.id = i.subject_id and w.account_id = i.account_id)""",
    ),
    _notice(
        "dossier_reminder", DossierReminder, chosen_by="what", subject="dossier_watch", channel="dossier_reminders",
        life=timedelta(days=2), link="dossier-watches/{subject_id}",
        stands="""exists (select from dossier_watches.watches w
                            join dossier_watches.followed f on f.id = w.dossier_id
                           where w.id = i.subject_id and w.account_id = i.account_id
                             and (f.changed_at is null or f.changed_at <= i.created_at))""",
    ),
    _notice(
        "feedback_moved", FeedbackMoved, chosen_by="status", subject="feedback", channel="feedback",
        life=timedelta(days=3), link="feedback/{subject_id}",
        stands="""exists (select from feedback.reports r
                            left join feedback.reports m on m.id = r.merged_into
                           where r.id = i.subject_id and coalesce(m.status, r.status) = i.params ->> 'status')""",
    ),
    _notice(
        "supported_feedback_moved", SupportedFeedbackMoved, chosen_by="status", subject="feedback",
        channel="supported_feedback", life=timedelta(days=3), urgency="low", link="feedback/{subject_id}",
        stands="""exists (select from feedback.reports r
                            join feedback.supporters s on s.report_id = r.id and s.account_id = i.account_id
                           where r.id = i.subject_id and (r.is_shown or r.status = 'tu_choi')
                             and r.status = i.params ->> 'status')""",
    ),
    _notice(
        "feedback_merged", FeedbackMerged, subject="feedback", channel="feedback", life=timedelta(days=3),
        link="feedback/{subject_id}",
        stands="""exists (select from feedback.reports r where r.id = i.subject_id and r.merged_into is not null)""",
    ),
    _notice(
        "feedback_alarm", FeedbackAlarm, chosen_by="what", subject="feedback", channel="feedback_alarms",
        life=timedelta(hours=12), link="feedback-queue/{subject_id}",
        stands="""exists (select from feedback.reports r
                           where r.id = i.subject_id and r.merged_into is null and r.withdrawn_at is null
                             and r.status not in ('yeu_cau_bo_sung', 'da_tra_loi', 'da_dong', 'tu_choi')
                             and (r.accepted_at is null or not starts_with(i.params ->> 'what', 'accept')))""",
    ),
    _notice(
        "rating_invited", Unused, subject="dossier_watch", channel="ratings", life=timedelta(days=7), urgency="low",
        inbox_life=timedelta(days=60), link="dossier-watches/{subject_id}/rating",
        stands="""exists (select from dossier_watches.watches w
                           where w.id = i.subject_id and w.account_id = i.account_id)""",
    ),
    _notice(
        "announcement", Announced, subject="campaign", channel="announcements", life=timedelta(days=3), full=True,
        stands="campaigns.stands(i.subject_id)",
    ),
    _notice(
        "public_alert", Announced, subject="campaign", channel="alerts", life=timedelta(hours=6), urgency="urgent",
        full=True, stands="campaigns.stands(i.subject_id)",
    ),
])  # fmt: skip

GATHERED = msgspec.convert(_TEXTS["gathered"], dict[str, dict[Locale, Words]])
# What stands for a code in a list of codes among the params.
CODES = msgspec.convert(_TEXTS["codes"], dict[str, dict[Locale, str]])


def rendered(topic: str, params: Params, locale: Locale) -> Words:
    """The words of the inbox, filled."""
    notice = NOTICES[topic]
    given = msgspec.structs.asdict(params)
    for name, value in given.items():
        if isinstance(value, list):
            given[name] = ", ".join(CODES[code][locale] for code in value)
    title, body = notice.words[given[notice.chosen_by] if notice.chosen_by else ""][locale]
    return title.format_map(given), body.format_map(given).rstrip()


# What might be the number of a phone, a person or a dossier, however it is spaced; 25/11/2026 is none.
_NUMBER = re.compile(r"\d(?:[\s.()-]*\d){5}")
# A message to FCM may have 4096 bytes, and a letter six of them.
_LONGEST_TITLE, _LONGEST_BODY = 100, 300


def lock_screen(topic: str, locale: Locale, params: str | None = None, gathered: int | None = None) -> Words:
    """What a push says: words that are the same for everybody; those of the inbox where `params` (JSON) are given,
    which is where their reader chose so, and they hold no number, as much of them as fits; how many there are for a
    digest of `gathered`."""
    notice = NOTICES[topic]
    if gathered is not None:
        title, body = GATHERED["one" if gathered == 1 else "many"][locale]
        return title, body.format(count=gathered)
    if params is not None and notice.full:
        with suppress(msgspec.ValidationError):  # of another version of the code
            title, body = rendered(topic, msgspec.json.decode(params, type=notice.params), locale)
            if not _NUMBER.search(f"{title} {body}"):
                return _cut(title, _LONGEST_TITLE), _cut(body, _LONGEST_BODY)
    return notice.push[locale]


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _check(topic: str, notice: Notice) -> None:
    """Raise `BadWords` for words that their params cannot fill, or that some reader would miss."""
    fields = {field.name: field.type for field in msgspec.structs.fields(notice.params)}
    variants = set(get_args(fields[notice.chosen_by])) if notice.chosen_by else {""}
    if set(notice.words) != variants:
        raise BadWords(f"{topic} has words for {sorted(notice.words)}, but needs them for {sorted(variants)}")
    for by_locale in (notice.push, notice.settings, *notice.words.values(), notice.mandatory or notice.push):
        if set(by_locale) != set(get_args(Locale)):
            raise BadWords(f"{topic} does not speak every language")
    plain = [text for by_locale in (notice.push, notice.settings) for words in by_locale.values() for text in words]
    filled = [text for by_locale in notice.words.values() for words in by_locale.values() for text in words]
    for text in plain:
        _fill(topic, text, set())
    for text in filled:
        _fill(topic, text, set(fields))
    _fill(topic, notice.link, {"subject_id"})


def _fill(topic: str, text: str, known: set[str]) -> None:
    try:
        names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise BadWords(f"{topic}: {text!r} cannot be read: {error}") from error
    if not names <= known:
        raise BadWords(f"{topic}: nothing fills {text!r}")


for _topic, _made in NOTICES.items():
    _check(_topic, _made)
if set(CODES) != set(get_args(HousingReason)) or any(set(said) != set(get_args(Locale)) for said in CODES.values()):
    raise BadWords("codes: a reason has no words")
for _many in GATHERED.values():
    for _said in _many.values():
        _fill("gathered", _said[1], {"count"})

"""What the integration platform (LGSP) says, and how much of it is believed.

The fields of a dossier are those of the national portal's exchange of dossiers (DongBoHoSoMC), as public integrations
write them; moments are `yyyyMMddHHmmss` in Viet Nam, and empty where there is none.
"""

import re
import unicodedata
from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from longan.floor.base.zones import HOME
from longan.floor.dossiers.dossier_clock import Change, in_order, statuses
from longan.floor.dossiers.dossier_codes import DossierCodeInvalid, parsed
from longan.floor.formats import strict_json
from longan.floor.pay_and_days.wages import day_of

OK, OVER, UNKNOWN = "0", "-1", "1"
YEARS = range(2000, 2101)

Word = Annotated[str, Meta(max_length=100)]
Line = Annotated[str, Meta(max_length=500)]
Words = Annotated[str, Meta(max_length=10_000)]
Moment = Annotated[str, Meta(max_length=14, pattern=r"^(?:[0-9]{14})?\Z")]


class NotBelieved(Exception):
    """Names what is wrong, and repeats nothing of the answer."""


class Session(msgspec.Struct, frozen=True):
    error_code: Word
    session: Line | None = None


class WirePaper(msgspec.Struct, frozen=True):
    TenGiayTo: Line


class WireSupplement(msgspec.Struct, frozen=True):
    """A request to the citizen for what is missing."""

    NgayBoSung: Moment
    NoiDungBoSung: Words = ""
    NgayTiepNhanBoSung: Moment | None = None
    NgayHenTraTruoc: Moment | None = None
    NgayHenTraMoi: Moment | None = None
    DanhSachGiayToBoSung: Annotated[list[WirePaper], Meta(max_length=100)] | None = None


class WireStep(msgspec.Struct, frozen=True):
    TrangThai: Word
    ThoiDiemXuLy: Moment


class WireDossier(msgspec.Struct, frozen=True):
    MaHoSo: Word
    TrangThaiHoSo: Word
    NgayTiepNhan: Moment
    NgayHenTra: Moment | None = None
    NgayKetThucXuLy: Moment | None = None
    NgayTra: Moment | None = None
    MaTTHC: Word | None = None
    DonViXuLy: Line | None = None
    ChuHoSo: Line | None = None
    SoDienThoai: Word | None = None
    MaDoiTuong: Word | None = None
    DanhSachHoSoBoSung: Annotated[list[WireSupplement], Meta(max_length=100)] | None = None
    QuaTrinhXuLy: Annotated[list[WireStep], Meta(max_length=1_000)] | None = None


class Answer(msgspec.Struct, frozen=True):
    """`error_code`: `0` well, `1` no such dossier, `-1` the session is over; whatever else means that it has none."""

    error_code: Word
    result: Annotated[list[WireDossier], Meta(max_length=20)] | None = None


class Supplement(msgspec.Struct, frozen=True):
    """What the citizen was asked for, by the office's own words and list; `answered_at` once they brought it."""

    asked_at: datetime
    words: str
    papers: list[str]
    answered_at: datetime | None


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """A dossier as its source knows it; moments in UTC. `status` is a code of the national list, `changes` how it came
    there, earliest first. `promised` is the day appointed at first, `promised_anew` the one appointed when the clock
    ran again. `is_dated`: the source says since when it has its status; else the last of `changes` has the moment of
    the one before. `applicant`, `phone` and `identity` are the applicant's own: they leave this process masked, or
    not."""

    code: str
    status: str
    changes: list[Change]
    received_at: datetime | None
    promised: datetime | None
    promised_anew: datetime | None
    procedure_code: str | None
    office: str | None
    applicant: str | None
    phone: str | None
    identity: str | None
    supplements: list[Supplement]
    is_dated: bool = True

    def __repr__(self) -> str:
        return "Dossier(…)"


def dossier_in(answer: Answer, code: str) -> Dossier | None:
    """The dossier that was asked for, None where there is none. Raises `NotBelieved`."""
    if answer.error_code == OVER:
        raise NotBelieved("it forgets the session")
    if answer.error_code == UNKNOWN or (answer.error_code == OK and not answer.result):
        return None
    if answer.error_code != OK:
        raise NotBelieved("it says that it cannot")
    found = [each for each in answer.result or [] if _is(each.MaHoSo, code)]
    if len(found) != 1 or len(answer.result or []) != 1:
        raise NotBelieved("the answer is about something else")
    return _dossier(found[0], code)


def _is(text: str, code: str) -> bool:
    try:
        return parsed(text).text == code
    except DossierCodeInvalid:
        return False


def _dossier(said: WireDossier, code: str) -> Dossier:
    received, promised = moment(said.NgayTiepNhan), moment(said.NgayHenTra)
    supplements = [
        Supplement(
            _needed(moment(each.NgayBoSung)), line(each.NoiDungBoSung) or "",
            [name for paper in each.DanhSachGiayToBoSung or [] if (name := line(paper.TenGiayTo))],
            moment(each.NgayTiepNhanBoSung),
        )
        for each in said.DanhSachHoSoBoSung or []
    ]  # fmt: skip
    first = [at for each in said.DanhSachHoSoBoSung or [] if (at := moment(each.NgayHenTraTruoc)) is not None]
    changes, is_dated = _changes(said, received, supplements)
    if any(each.status not in statuses(day_of(each.at)) for each in changes) or not changes:
        raise NotBelieved("a status or a moment that nobody knows")
    # Of new days that were promised only that holds with which the clock began to run for the last time.
    stop = max((a.at for a, b in pairwise(changes) if a.status in ("5", "6") and b.status in ("2", "4")), default=None)
    anew = [
        at
        for each in said.DanhSachHoSoBoSung or []
        if (at := moment(each.NgayHenTraMoi)) is not None
        and (stop is None or _needed(moment(each.NgayTiepNhanBoSung) or moment(each.NgayBoSung)) >= stop)
    ]
    return Dossier(
        code=code, status=said.TrangThaiHoSo, changes=changes, received_at=received,
        promised=min(first) if first else promised, promised_anew=max(anew) if anew else None,
        procedure_code=line(said.MaTTHC), office=line(said.DonViXuLy), applicant=line(said.ChuHoSo),
        phone=line(said.SoDienThoai), identity=line(said.MaDoiTuong), supplements=supplements, is_dated=is_dated,
    )  # fmt: skip


def _changes(said: WireDossier, received: datetime | None, supplements: list[Supplement]) -> tuple[list[Change], bool]:
    """The steps that were told, else those that follow from the moments that were; the status of now is the last. And
    whether that has a moment of its own."""
    told = [Change(_needed(moment(each.ThoiDiemXuLy)), each.TrangThai) for each in said.QuaTrinhXuLy or []]
    if not told:
        told = [Change(received, "2")] if received else []
        for each in supplements:
            told.append(Change(each.asked_at, "5"))
            if each.answered_at is not None:
                told.append(Change(each.answered_at, "4"))
    told = in_order(told)
    ended = moment(said.NgayKetThucXuLy) or moment(said.NgayTra)
    is_told = bool(told) and told[-1].status == said.TrangThaiHoSo
    if not is_told:
        at = max((each for each in (ended, told[-1].at if told else None) if each is not None), default=None)
        # Nobody has said since when: it is new, and was not even received.
        told += [Change(at or datetime(YEARS[0], 1, 1, tzinfo=UTC), said.TrangThaiHoSo)]
    return told, is_told or ended is not None


def moment(text: str | None) -> datetime | None:
    """`yyyyMMddHHmmss` of Viet Nam in UTC, None for nothing. Raises `NotBelieved` for what is no moment of this
    century."""
    if not text:
        return None
    try:
        at = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=ZoneInfo(HOME))
    except ValueError:
        raise NotBelieved("a moment that is none") from None
    if at.year not in YEARS:
        raise NotBelieved("a moment that is none")
    return at.astimezone(UTC)


def _needed(at: datetime | None) -> datetime:
    if at is None:
        raise NotBelieved("a moment that is none")
    return at


def line(text: str | None) -> str | None:
    """On one line, without what cannot be seen; None for nothing."""
    seen = strict_json.FORBIDDEN.sub("", unicodedata.normalize("NFC", text or ""))
    return re.sub(r"\s+", " ", seen).strip() or None

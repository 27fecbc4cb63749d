"""SQL of the room, each statement above the function that runs it; listings are written and moved by the floor."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.floor.housing.housing_listings import Status
from longan.rooms.listings.models import HousingEventPage, MyHousingPage

_ITEM = """select l.id, l.status, l.kind, l.title, l.employer_id, l.rent, l.cost_share, l.price_flags, l.ward_code,
       l.province_code, l.published_at, l.stale_at, l.closed_for, l.created_at, l.updated_at, l.version
  from housing.listings l"""
_WHERE = {"status": "l.status = any({status})"}
_ORDERS = {"newest": newest("l.created_at", "l.id")}

OWN = listing(
    Listing(
        name="listings.own",
        select=f"{_ITEM}\n where l.owner_id = {{account_id}} and l.employer_id is null and l.kind <> 'project'",
        where=_WHERE, orders=_ORDERS,
    )
)  # fmt: skip
OF_EMPLOYER = listing(
    Listing(
        name="listings.of_employer",
        select=f"""{_ITEM}
 where l.employer_id = {{employer_id}}
   and exists (select from members.members m where m.employer_id = l.employer_id and m.account_id = {{account_id}})""",
        where=_WHERE, orders=_ORDERS,
    )
)  # fmt: skip
PROJECTS = listing(
    Listing(
        name="listings.projects",
        select=f"""{_ITEM}
 where l.kind = 'project'
   and staff.may({{account_id}}, 'housing', l.ward_version, l.ward_code, {{now}}::timestamptz)""",
        where=_WHERE, orders=_ORDERS,
    )
)  # fmt: skip


async def own(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, employer: UUID | None, as_official: bool,
    status: Sequence[Status] | None, cursor: str | None, limit: int, now: datetime,
) -> MyHousingPage:  # fmt: skip
    """The account's own listings, those of an employer it acts for, or the projects of an official's wards. Raises
    `InvalidRequest` for a foreign cursor."""
    values: dict[str, Any] = {"account_id": account}
    if status is not None:
        values["status"] = status
    if as_official:
        values["now"] = now
        return await PROJECTS.page(conn, cursors, "newest", values, cursor, limit, MyHousingPage)
    if employer is not None:
        values["employer_id"] = employer
        return await OF_EMPLOYER.page(conn, cursors, "newest", values, cursor, limit, MyHousingPage)
    return await OWN.page(conn, cursors, "newest", values, cursor, limit, MyHousingPage)


HISTORY = listing(
    Listing(
        name="listings.history",
        select="""select h.id, h.version, h.side, case when h.side = 'owner' then h.changed_by end as changed_by,
       h.from_status, h.to_status, h.reason, h.changed_at,
       array(select (c.key, jobs.said(c.value -> 'old'), jobs.said(c.value -> 'new'))::jobs.field_change
               from jsonb_each(h.changes) c
              order by c.key) as changes
  from housing.history h
  join housing.listings l on l.id = h.listing_id
 where h.listing_id = {listing_id} and housing.may_write(l, {account_id}, {as_official}, {now}::timestamptz)""",
        where={},
        orders={"newest": newest("h.changed_at", "h.id")},
    )
)


async def history(
    conn: asyncpg.Connection, cursors: Cursors, listing_id: UUID, account: UUID, as_official: bool, cursor: str | None,
    limit: int, now: datetime,
) -> HousingEventPage:  # fmt: skip
    """What happened to a listing that the account may write, nothing for anybody else. Raises `InvalidRequest` for a
    foreign cursor."""
    values: dict[str, Any] = {
        "listing_id": listing_id, "account_id": account, "as_official": as_official, "now": now
    }  # fmt: skip
    return await HISTORY.page(conn, cursors, "newest", values, cursor, limit, HousingEventPage)

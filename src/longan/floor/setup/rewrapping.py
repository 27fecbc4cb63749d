"""After a rotation of keys: what older keys sealed is sealed anew with the newest, in batches, while all read on.

`longan keys rotate person-wrap` (or phone-cipher, number-cipher) makes a key, `longan keys rewrap` brings everything
over to it, and then the old key's file may be removed. Of a person only the data key is wrapped anew; what that key
sealed stays as it is.
"""

import asyncio
from collections.abc import Callable
from typing import Literal

import asyncpg
import msgspec

from longan.floor.setup import keys
from longan.floor.setup.crypto import PersonKeys, Sealed, Wrapped
from longan.floor.setup.keys import Keys
from longan.floor.setup.settings import BadSettings, Settings

BATCH = 500

Tell = Callable[[str, int, int], None]


class Target(msgspec.Struct, frozen=True):
    """A column that is sealed for its row's id with the keys of `purpose`."""

    column: str
    purpose: Literal["phone", "number"]

    def sql(self, text: str) -> str:
        schema, table, column = self.column.split(".")
        return f"-- rewrapping.{table}\n" + text.format(table=f"{schema}.{table}", column=column)


# Every sealed column of the database; a test compares.
TARGETS = (
    Target("identity.accounts.phone_cipher", "phone"),
    Target("identity.challenges.phone_cipher", "phone"),
    Target("recovery.cases.phone_cipher", "phone"),
    Target("employers.employers.tax_code_cipher", "number"),
    Target("federation.claims.sealed", "number"),
    Target("registry.checks.sealed", "number"),
    Target("dossiers.dossiers.sealed", "number"),
    Target("open311_reports.submissions.contact_sealed", "phone"),
    Target("dossier_watches.followed.code_sealed", "number"),
    Target("dossier_watches.followed.sealed", "number"),
    Target("members.invitations.phone_cipher", "phone"),
    # The Official Account of Zalo: its tokens share the ring of the phones.
    Target("fallback.zalo_grants.refresh_sealed", "phone"),
    Target("fallback.zalo_grants.access_sealed", "phone"),
)

COUNT = "select count(*) from {table} where substring({column} from 1 for length($1::bytea)) <> $1"
NEXT = """select id, {column} as sealed from {table}
 where substring({column} from 1 for length($1::bytea)) <> $1 and ($2::uuid is null or id > $2)
 order by id limit $3"""
# Whoever changed a row meanwhile has sealed it with the newest key, or will be found by the next run.
PUT = """update {table} t set {column} = n.after from unnest($1::uuid[], $2::bytea[], $3::bytea[]) n (id, before, after)
 where t.id = n.id and t.{column} = n.before"""

COUNT_KEYS = """-- rewrapping.count_keys
select count(*) from assurance.person_keys k where k.wrap_key <> $1"""

NEXT_KEYS = """-- rewrapping.next_keys
select k.account_id, k.wrap_key, k.wrapped, k.version from assurance.person_keys k
 where k.wrap_key <> $1 and ($2::uuid is null or k.account_id > $2)
 order by k.account_id limit $3"""

PUT_KEYS = """-- rewrapping.put_keys
update assurance.person_keys k set wrap_key = $1, wrapped = n.after
  from unnest($2::uuid[], $3::bytea[], $4::bytea[]) n (account_id, before, after)
 where k.account_id = n.account_id and k.wrapped = n.before"""


async def rewrap(connection: asyncpg.Connection, ring: Keys, tell: Tell, batch: int = BATCH) -> int:
    """Bring everything that is sealed over to the newest keys; how many values are still sealed with older ones: those
    that were written meanwhile by a process that did not know the newest key yet."""
    left = await _person_keys(connection, PersonKeys(ring), tell, batch)
    for target in TARGETS:
        left += await _column(connection, target, Sealed(ring, target.purpose), tell, batch)
    return left


async def _person_keys(connection: asyncpg.Connection, persons: PersonKeys, tell: Tell, batch: int) -> int:
    newest, last, done = persons.newest, None, 0
    total = await connection.fetchval(COUNT_KEYS, newest)
    while rows := await connection.fetch(NEXT_KEYS, newest, last, batch):
        wrapped = [
            persons.rewrap(Wrapped(row["wrap_key"], row["wrapped"], row["version"]), row["account_id"]) for row in rows
        ]
        await connection.execute(
            PUT_KEYS, newest, [row["account_id"] for row in rows], [row["wrapped"] for row in rows],
            [each.wrapped for each in wrapped],
        )  # fmt: skip
        last, done = rows[-1]["account_id"], done + len(rows)
        tell("data keys of persons", done, max(done, total))
    return int(await connection.fetchval(COUNT_KEYS, newest))


async def _column(connection: asyncpg.Connection, target: Target, sealed: Sealed, tell: Tell, batch: int) -> int:
    begins, last, done = sealed.begins, None, 0
    total = await connection.fetchval(target.sql(COUNT), begins)
    while rows := await connection.fetch(target.sql(NEXT), begins, last, batch):
        anew = [sealed.seal(sealed.open(row["sealed"], row["id"]), row["id"]) for row in rows]
        await connection.execute(target.sql(PUT), [row["id"] for row in rows], [row["sealed"] for row in rows], anew)
        last, done = rows[-1]["id"], done + len(rows)
        tell(target.column, done, max(done, total))
    return int(await connection.fetchval(target.sql(COUNT), begins))


def run(settings: Settings, tell: Tell) -> int:
    """`longan keys rewrap`: 0 when the older keys of `person-wrap`, `phone-cipher` and `number-cipher` are of no use
    any more, but for what waits in the queue and in backups; 1 when some are still in use. Raises `BadSettings`."""

    async def work() -> int:
        try:
            connection = await asyncpg.connect(settings.database_url, timeout=5.0, command_timeout=60.0)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise BadSettings(f"PostgreSQL refuses what LONGAN_DATABASE_URL says: {error}.") from error
        try:
            return await rewrap(connection, keys.load(settings.keys_dir), tell)
        except KeyError as error:
            raise BadSettings(f"LONGAN_KEYS_DIR no longer holds the key {error} that sealed some of it.") from error
        finally:
            await connection.close()

    return 1 if asyncio.run(work()) else 0

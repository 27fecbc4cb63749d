"""What the worker does for the room: compares answers by two texts, and makes a published one known."""

import asyncio
from collections import Counter
from datetime import date, datetime
from uuid import UUID

import msgspec

from longan.floor.database.tasks import Context, Task
from longan.floor.housing_rules.social_housing import judge
from longan.floor.housing_rules.social_housing_cases import opened
from longan.floor.housing_rules.social_housing_changes import preview
from longan.floor.housing_rules.social_housing_models import model_cases
from longan.floor.housing_rules.social_housing_rules import Rules, read
from longan.floor.housing_rules.social_housing_texts import FAMILY, in_force
from longan.floor.requests import cache
from longan.floor.setup.crypto import PersonKeys
from longan.rooms.eligibility_rules import domain, store
from longan.rooms.eligibility_rules.domain import Turn
from longan.rooms.eligibility_rules.models import HousingRulesPreview

AT_ONCE = 200
FIRST = UUID(int=0)


async def social_housing_rules_preview(context: Context, *, text_id: UUID, asked_at: datetime, day: date) -> None:
    """Whose answers a text changes. What is kept of people is opened here, in memory; only counts leave it."""
    found = await store.one(context.pool, text_id)
    if found is None or found.published_at is not None or found.preview_asked_at != asked_at:
        return
    before, after = await in_force(context.pool), read(found.text.encode())
    models = preview(before.rules, after, ((each.id, each.case) for each in model_cases().values()), day)
    made = HousingRulesPreview(
        day=day,
        against=before.id,
        made_at=context.clock(),
        model_cases=models.cases,
        shifts=models.shifts,
        saved=domain.told(await _turns(context, before.rules, after, day)),
    )
    await store.previewed(context.pool, text_id, asked_at, msgspec.json.encode(made).decode(), before.id)


async def _turns(context: Context, before: Rules, after: Rules, day: date) -> Counter[Turn]:
    keys, last = PersonKeys(context.keys), FIRST
    turns: Counter[Turn] = Counter()
    while rows := await store.saved(context.pool, last, context.clock(), AT_ONCE):
        last = rows[-1].account_id
        for row in rows:
            if (case := opened(keys, row)) is not None:
                turns[judge(case, day, before).outcome, judge(case, day, after).outcome] += 1
        await asyncio.sleep(0)
    return turns


async def social_housing_rules_published(context: Context) -> None:
    """Answers of before are forgotten, in every process."""
    await cache.invalidate(context.valkey, FAMILY)


TASKS: dict[str, Task] = {
    "social_housing_rules_preview": social_housing_rules_preview,
    "social_housing_rules_published": social_housing_rules_published,
}

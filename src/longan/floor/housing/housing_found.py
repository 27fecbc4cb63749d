"""Open listings in SQL: which are shown at all, what narrows them, what each truly costs, and their orders."""

from datetime import date
from uuid import UUID

from longan.floor.database.listing import Order, listing, newest
from longan.floor.database.walked import Walked, relevance
from longan.floor.housing.housing_costs import SEVERAL
from longan.floor.housing.housing_filters import Filters, Meaning
from longan.floor.housing.housing_listings import BRIEF
from longan.floor.living_costs.monthly_cost import KWH_A_PERSON, STAY_MONTHS, WATER_M3_A_PERSON
from longan.floor.living_costs.utility_tariffs import electricity_on
from longan.floor.pay_and_days.wages import day_of
from longan.floor.search.queries import Query, spoken
from longan.floor.search.search import rank

POINT = "ll_to_earth({lat}, {lon})"
# In subselects, for each row would otherwise read the text again.
WORDS = "(select {words}::text::tsquery)"
WHOLE, REST = "(select {whole}::text::tsquery)", "(select {rest}::text::tsquery)"
RANK = rank("l.title_marked", "split_part(l.search_text, E'\\n', 1)", "l.search_text")

# `monthly_cost.reckon` in SQL, for any number of people with a motorbike each: what it makes of the state's tariff is
# `{bill}`, all else is added up here. For one person it is what `cost_month` holds.
EACH = f"""((l.rent
        + coalesce(case l.electricity_unit when 'kwh' then l.electricity_price * {KWH_A_PERSON} * {{people}}::int
                   when 'person_month' then l.electricity_price * {{people}}::int
                   when 'room_month' then l.electricity_price
                   when 'state_tariff' then {{bill}}::bigint end, 0)
        + coalesce(case l.water_unit when 'm3' then l.water_price * {WATER_M3_A_PERSON} * {{people}}::int
                   when 'person_month' then l.water_price * {{people}}::int
                   when 'room_month' then l.water_price end, 0)
        + coalesce(l.internet_fee * case l.internet_unit when 'person_month' then {{people}}::int else 1 end, 0)
        + coalesce(l.parking_fee * {{people}}::int, 0)
        + coalesce(l.service_fee * case l.service_unit when 'person_month' then {{people}}::int else 1 end, 0)
        + coalesce((l.deposit + {STAY_MONTHS - 1}) / {STAY_MONTHS}, 0) + {{people}}::int - 1) / {{people}}::int)"""

# A dormitory goes from the lists with its employer. What ends when, and who is suspended, is said so that it is no
# question for an index: it says nothing of the order that is walked along.
SUSPENDED = "array(select e.id from employers.employers e where e.status = 'suspended')"
ALWAYS = f"l.status = 'open' and (l.stale_at <= {{now}}) is not true and (l.employer_id = any({SUSPENDED})) is not true"
# Hours from noon to noon: half past midnight is later than eleven at night.
LATE = "(l.curfew_from - interval '12 hours') >= ({curfew_after}::time - interval '12 hours')"
VERIFIED = """(l.kind = 'project' or case when l.employer_id is null
         then exists (select from assurance.identities i where i.account_id = l.owner_id and i.confirmed_at is not null)
         else exists (select from employers.employers e where e.id = l.employer_id and e.status = 'verified') end)"""

# As in housing.rent_steps: hundreds of thousands of đồng.
RENT_STEPS = (5, 8, 10, 12, 15, 18, 20, 25, 30, 40, 50, 70, 100)
# Whoever pays at most so much, with others or alone, pays no more rent than all of them together.
BANDS = (100_000, 200_000, 300_000, 500_000, 800_000, 1_200_000, 2_000_000)

LIST = listing(
    Walked(
        name="housing_found.list",
        table="housing.listings l",
        alias="l",
        always=ALWAYS,
        # A step on the map costs several times a step on another index; no index has the cost for several people.
        steps={"distance": (1_500, 4_000), "cost_each": (0, 0)},
        bands={"cost_each": [f"l.rent <= {most}::bigint * {{people}}::int and {EACH} <= {most}" for most in BANDS]},
        select=f"""select {BRIEF},
       {{cost_each}} as cost_each, {{rank}} as rank, {{chord}} as chord, {{distance}} as distance_km{{oldest}}
  from {{rows}}""",
        columns={
            "rank": ("marked", "0", RANK),
            # For several people it is stored as for one, for very many reckoned from row to row.
            "cost_each": ("bill", "{cost_two}", EACH),
            "cost_two": ("cost_two_asked", "{cost_three}", "l.cost_two"),
            "cost_three": ("cost_three_asked", "{cost_four}", "l.cost_three"),
            "cost_four": ("cost_four_asked", "l.cost_month", "l.cost_four"),
            "distance": ("lat", "null::float8", "round((sec_to_gc({chord}) / 1000)::numeric, 3)::float8"),
            # The straight line through the earth: what the index can sort by.
            "chord": ("lat", "null::float8", f"(l.point <-> {POINT})"),
        },
        where={
            "q": f"l.search @@ {WORDS}",
            "q_there": f"(l.search @@ {WHOLE} or l.search @@ {REST} and array[l.ward_code] && {{named}}::text[])",
            "q_place": f"(l.search @@ {WHOLE} or array[l.ward_code] && {{at}}::text[])",
            "wards": "l.ward_version = (select places.version_on({now}::timestamptz)) "
            "and array[l.ward_code] && {wards}::text[]",
            "province_code": "array[l.province_code] && array[{province_code}::text]",
            "parks": "array[l.park_code] && {parks}::text[]",
            "kinds": "array[l.kind] && {kinds}::text[]",
            "features": "l.features @> {features}::text[]",
            "near": "sec_to_gc({chord}) <= {metres}",
            "rent_min": "l.rent >= {rent_min}",
            "rent_max": "l.rent <= {rent_max}",
            "cost_max": "l.cost_month <= {cost_max}",
            **{f"{column}_max": f"l.{column} <= {{{column}_max}}" for column in SEVERAL.values()},
            "each_max": f"{EACH} <= {{each_max}}",
            "area_min": "l.area_m2 >= {area_min}::float8::numeric",
            "people": "(l.max_people < {people}::int) is not true",
            "curfew_after": f"(l.free_hours or {LATE})",
            "available_by": "(l.available_from > {available_by}) is not true",
            "verified_owner": f"{{verified_owner}}::boolean and {VERIFIED}",
        },
        hints={
            "around": f"(select earth_box({POINT}, {{box}})) @> l.point",
            "rent_step": "housing.rent_steps(l.rent) @> array[{rent_step}::integer]",
        },
        orders={
            "newest": newest("l.published_at", "l.id"),
            "relevance": relevance("{rank}", "l.published_at", "l.id"),
            "rent": Order(
                by="l.rent, l.id",
                after="(l.rent, l.id) > ({after_0}::bigint, {after_1}::uuid)",
                position=("rent", "id"),
                kind=tuple[int, UUID],
            ),
            "cost": Order(
                by="l.cost_month, l.id",
                after="(l.cost_month, l.id) > ({after_0}::bigint, {after_1}::uuid)",
                position=("cost_month", "id"),
                kind=tuple[int, UUID],
            ),
            **{
                column: Order(
                    by=f"l.{column}, l.id",
                    after=f"(l.{column}, l.id) > ({{after_0}}::bigint, {{after_1}}::uuid)",
                    position=("cost_each", "id"),
                    kind=tuple[int, UUID],
                    needs=f"{column}_asked",
                )
                for column in SEVERAL.values()
            },
            "cost_each": Order(
                by="{cost_each}, l.id",
                after="({cost_each}, l.id) > ({after_0}::bigint, {after_1}::uuid)",
                position=("cost_each", "id"),
                kind=tuple[int, UUID],
                needs="bill",
            ),
            "distance": Order(
                by="{chord}, l.id",
                after="({chord}, l.id) > ({after_0}::float8, {after_1}::uuid)",
                position=("chord", "id"),
                kind=tuple[float, UUID],
                needs="lat",
            ),
        },
    )
)

SAME = (
    "now", "province_code", "parks", "metres", "rent_min", "rent_max", "area_min", "people", "kinds", "features",
    "curfew_after", "available_by", "verified_owner",
)  # fmt: skip
# Where one of these is asked for, the index of words is the better one; of other things it knows there are too many.
INDEXED = {"words", "whole", "at", "wards", "parks"}
# Few rows lie in these: all of them are looked at sooner than the cheapest.
FEW = {"at", "wards", "parks"}
# The filter of the cost in that order, where it is not named by a column.
COST_MOST = {"cost": "cost_max", "cost_each": "each_max"}


def values_of(asked: Filters, meaning: Meaning) -> dict[str, object]:
    """What the pieces of `LIST` speak of."""
    values: dict[str, object] = {name: value for name in SAME if (value := getattr(asked, name)) is not None}
    lat, lon = (asked.lat, asked.lon) if asked.lat is not None else (meaning.lat, meaning.lon)
    if lat is not None:
        values |= {"lat": lat, "lon": lon}
    if meaning.wards is not None:
        values["wards"] = meaning.wards
    if meaning.query is not None:
        values |= _words(meaning, meaning.query)
    order = cost_order(asked)
    if order == "cost_each":
        values["bill"] = bill(asked.people or 1, day_of(asked.now))
    elif order != "cost":
        values[f"{order}_asked"] = True
    if asked.cost_max is not None:
        values[COST_MOST.get(order, f"{order}_max")] = asked.cost_max
    values |= _led_by_rent(asked)
    return values if asked.metres is None or values.keys() & INDEXED else {**values, "box": asked.metres}


def cost_order(asked: Filters) -> str:
    """The order of what each of those people pays who were asked for."""
    people = asked.people or 1
    return "cost" if people == 1 else SEVERAL.get(people, "cost_each")


def bill(people: int, day: date) -> int:
    """Electricity of so many people by the state's tariff of that day; nothing where that is not known."""
    law = electricity_on(day)
    return law.shared_bill(people * KWH_A_PERSON, people) if law is not None else 0


def _led_by_rent(asked: Filters) -> dict[str, object]:
    """The lowest of the index's steps that is not below the rent; nobody's share is less than that of the rent."""
    shared = None if asked.cost_max is None else asked.cost_max * (asked.people or 1)
    most = min((each for each in (asked.rent_max, shared) if each is not None), default=None)
    steps = [step for step in RENT_STEPS if most is not None and step * 100_000 >= most]
    return {"rent_step": steps[0]} if steps else {}


def _words(meaning: Meaning, query: Query) -> dict[str, object]:
    written = query.written(joined=True)
    if meaning.rest is None:
        return {"words": written, **spoken(query)}
    if rest := meaning.rest.written(joined=True):
        return {"whole": written, "rest": rest, "named": meaning.named, **spoken(meaning.rest)}
    return {"whole": written, "at": meaning.named, **spoken(query)}

"""The people of the development database: invented, with numbers that no gateway is ever asked to reach."""

from typing import Literal
from uuid import UUID

import msgspec

Role = Literal["worker", "official", "administrator"]


class Persona(msgspec.Struct, frozen=True):
    """Somebody to sign in as, with the code 000000.

    An owner has no role of their own: owning the employer is what makes them one. The agencies' codes have the form of
    the province's (H53 and a number) but are made up: those of these three offices are not in our sources.
    """

    phone: str
    account_id: UUID
    full_name: str
    title: str
    role: Role | None = None
    birth_year: int | None = None
    ward_code: str | None = None
    agency_code: str | None = None
    owns_tax_code: str | None = None


def _worker(number: int, account_id: str, full_name: str, birth_year: int, ward_code: str) -> Persona:
    return Persona(f"+849000000{number:02d}", UUID(account_id), full_name, "worker", "worker", birth_year, ward_code)


PERSONAS = (
    _worker(1, "019b755a-2281-738c-98a4-7e135cc74212", "Nguyễn Thị Bông Súng", 1998, "27964"),
    _worker(2, "019b755a-2282-759d-8c49-029c86df0135", "Trần Văn Tràm", 1995, "27991"),
    _worker(3, "019b755a-2283-74a5-8bb9-97190ac6ac84", "Lê Thị Điên Điển", 2001, "28159"),
    _worker(4, "019b755a-2284-76c5-925f-b39c02fcd468", "Phạm Văn Đước", 1987, "27937"),
    _worker(5, "019b755a-2285-7543-8721-1963a513c591", "Huỳnh Thị Lục Bình", 1992, "28018"),
    _worker(6, "019b755a-2286-761d-9c9e-69eebdae699e", "Võ Văn Sậy", 2004, "25732"),
    _worker(7, "019b755a-2287-7381-9ad4-2dc7e336fa12", "Đặng Thị Ô Môi", 1979, "27694"),
    _worker(8, "019b755a-2288-7031-8ab9-69ec40b26695", "Thạch Bằng Lăng", 1999, "28207"),
    _worker(9, "019b755a-2289-7b23-a3dd-c94d2746cccb", "Bùi Cỏ Năng", 2006, "25708"),
    Persona(
        "+84900000011", UUID("019b755a-228b-7cc3-80ff-f54047b56050"), "Hồ Thị Lá Sen",
        "owner of a verified employer that seeks a công nhân may", owns_tax_code="9919494376",
    ),
    Persona(
        "+84900000012", UUID("019b755a-228c-7e79-89db-18de13dcb1ce"), "Mai Văn Hạt Gạo",
        "owner of an employer that is not verified yet", owns_tax_code="9927372692",
    ),
    Persona(
        "+84900000021", UUID("019b755a-2295-77fd-a792-89097e5a17c7"), "Đoàn Thị Cầu Khỉ", "official, labour",
        "official", agency_code="H53.901",
    ),
    Persona(
        "+84900000022", UUID("019b755a-2296-7fd8-ad8a-85a20b6dbb5d"), "Lý Văn Con Dấu", "official, public services",
        "official", agency_code="H53.902",
    ),
    Persona(
        "+84900000023", UUID("019b755a-2297-765a-bdb6-c5f063794bdc"), "Tạ Thị Lắng Nghe", "official, 1022", "official",
        agency_code="H53.903",
    ),
    Persona(
        "+84900000031", UUID("019b755a-229f-750a-9c9a-bd7571bd5add"), "Kim Văn Chìa Khóa", "administrator",
        "administrator",
    ),
    Persona(
        "+84900000032", UUID("019b755a-22a0-7d3c-8b51-6f2e94c7a8d1"), "Châu Thị Con Niêm", "administrator",
        "administrator",
    ),
)  # fmt: skip

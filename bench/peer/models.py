"""The tables, typed (SQLAlchemy: "ORM Mapped Class Configuration")."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {datetime: DateTime(timezone=True), list[str]: ARRAY(String), dict[str, Any]: JSONB}


@dataclass
class Pay:
    min: int | None
    max: int | None
    currency: str
    period: str


class Employer(Base):
    __tablename__ = "employers"
    __table_args__: ClassVar = {"schema": "employers"}

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    status: Mapped[str]

    @property
    def verified(self) -> bool:
        return self.status == "verified"


class Posting(Base):
    __tablename__ = "postings"
    __table_args__: ClassVar = {"schema": "jobs"}

    id: Mapped[UUID] = mapped_column(primary_key=True)
    employer_id: Mapped[UUID] = mapped_column(ForeignKey("employers.employers.id"))
    status: Mapped[str]
    title: Mapped[str]
    # A list shows no description: left out of it, as a careful user would.
    description: Mapped[str] = mapped_column(deferred=True)
    ward_code: Mapped[str]
    province_code: Mapped[str]
    pay_min: Mapped[int | None]
    pay_max: Mapped[int | None]
    pay_currency: Mapped[str]
    pay_period: Mapped[str]
    published_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]

    employer: Mapped[Employer] = relationship()

    @property
    def pay(self) -> Pay:
        return Pay(self.pay_min, self.pay_max, self.pay_currency, self.pay_period)


class Procedure(Base):
    __tablename__ = "procedures"
    __table_args__: ClassVar = {"schema": "services"}

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    field_code: Mapped[str]
    field: Mapped[str]
    agency_code: Mapped[str]
    agency: Mapped[str]
    levels: Mapped[list[str]]
    online_level: Mapped[str]
    audience: Mapped[list[str]]
    worker_group: Mapped[str | None]
    code_valid: Mapped[bool]
    updated_on: Mapped[date | None]
    detail: Mapped[dict[str, Any]]


class Account(Base):
    __tablename__ = "accounts"
    __table_args__: ClassVar = {"schema": "identity"}

    id: Mapped[UUID] = mapped_column(primary_key=True)
    phone_cipher: Mapped[bytes]
    disabled_at: Mapped[datetime | None]

    profile: Mapped["Profile | None"] = relationship()
    roles: Mapped[list["Role"]] = relationship()
    memberships: Mapped[list["Member"]] = relationship()


class Role(Base):
    __tablename__ = "roles"
    __table_args__: ClassVar = {"schema": "identity"}

    account_id: Mapped[UUID] = mapped_column(ForeignKey("identity.accounts.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    agency_code: Mapped[str | None]


class Member(Base):
    __tablename__ = "members"
    __table_args__: ClassVar = {"schema": "employers"}

    employer_id: Mapped[UUID] = mapped_column(ForeignKey("employers.employers.id"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("identity.accounts.id"), primary_key=True)
    role: Mapped[str]


class Profile(Base):
    __tablename__ = "profiles"
    __table_args__: ClassVar = {"schema": "people"}

    account_id: Mapped[UUID] = mapped_column(ForeignKey("identity.accounts.id"), primary_key=True)
    full_name: Mapped[str | None]
    birth_year: Mapped[int | None]
    locale: Mapped[str]
    ward_code: Mapped[str | None]
    version: Mapped[int]


class Application(Base):
    __tablename__ = "applications"
    __table_args__: ClassVar = {"schema": "applications"}

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.postings.id"))
    employer_id: Mapped[UUID] = mapped_column(ForeignKey("employers.employers.id"))
    worker_id: Mapped[UUID] = mapped_column(ForeignKey("identity.accounts.id"))
    status: Mapped[str] = mapped_column(default="submitted")
    note: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

"""Nouns of the Human Services Data Specification 3.1 (CC BY-SA 4.0, openreferral.org), as far as we have what they ask
for. Null is no value there, and here nothing is ever left out: so each has only members that we always know, and a text
of which there is nothing is empty."""

from datetime import date
from typing import Annotated, TypeAlias
from uuid import NAMESPACE_URL, UUID, uuid3

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Count

VERSION = "3.1"
Identifier: TypeAlias = Annotated[UUID, Meta(description="Lasts as long as what it names")]


def lasting_id(name: str) -> UUID:
    """The id of something by its kind and code, as `catalogue.lasting_id` makes it in SQL."""
    return uuid3(NAMESPACE_URL, f"longan:{name}")


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """Something with an id."""

    id: Identifier


class HsdsTaxonomy(Node, frozen=True, kw_only=True):
    name: str
    description: str
    uri: str


class HsdsTaxonomyTerm(Node, frozen=True, kw_only=True):
    code: str
    name: str
    description: str
    taxonomy: str
    taxonomy_id: Identifier
    language: str
    taxonomy_detail: HsdsTaxonomy


class HsdsAttribute(Node, frozen=True, kw_only=True):
    """A term that says something of `link_id`."""

    link_id: Identifier
    taxonomy_term_id: Identifier
    link_type: str
    link_entity: str
    label: str
    taxonomy_term: HsdsTaxonomyTerm


class HsdsRequiredDocument(Node, frozen=True, kw_only=True):
    service_id: Identifier
    document: str


class HsdsCostOption(Node, frozen=True, kw_only=True):
    """A sum that is known. Where the source only says what it depends on, `fees_description` of the service has it."""

    service_id: Identifier
    option: str
    currency: Annotated[str, Meta(description="ISO 4217")]
    amount: Annotated[int, Meta(description="Whole units of the currency", extra_json_schema={"format": "int64"})]
    amount_description: str


class HsdsSchedule(Node, frozen=True, kw_only=True):
    """When an office takes papers (RFC 5545): times are those of `timezone`."""

    service_id: Identifier
    valid_from: date
    timezone: Annotated[int, Meta(description="Hours from UTC", extra_json_schema={"format": "int32"})]
    freq: str
    byday: str
    opens_at: str
    closes_at: str
    description: str
    attending_type: str


class HsdsLanguage(Node, frozen=True, kw_only=True):
    service_id: Identifier
    name: str
    code: str


class HsdsServiceArea(Node, frozen=True, kw_only=True):
    service_id: Identifier
    name: str


class HsdsOrganizationIdentifier(Node, frozen=True, kw_only=True):
    organization_id: Identifier
    identifier_type: str
    identifier: str


class HsdsLocation(Node, frozen=True, kw_only=True):
    location_type: str
    name: str
    url: str


class HsdsOrganization(Node, frozen=True, kw_only=True):
    name: str
    description: str
    organization_identifiers: list[HsdsOrganizationIdentifier]


class HsdsServiceAtLocation(Node, frozen=True, kw_only=True):
    service_id: Identifier
    location_id: Identifier
    description: str
    location: HsdsLocation


class HsdsListedService(Node, frozen=True, kw_only=True):
    """A procedure, with what there is one of."""

    organization_id: Identifier
    name: str
    description: str
    url: str
    status: str
    application_process: str
    fees_description: str
    eligibility_description: str
    organization: HsdsOrganization


class HsdsService(HsdsListedService, frozen=True, kw_only=True):
    """A procedure with its papers, costs and times."""

    schedules: list[HsdsSchedule]
    service_areas: list[HsdsServiceArea]
    service_at_locations: list[HsdsServiceAtLocation]
    languages: list[HsdsLanguage]
    cost_options: list[HsdsCostOption]
    required_documents: list[HsdsRequiredDocument]
    attributes: list[HsdsAttribute]


class HsdsAbout(msgspec.Struct, frozen=True):
    """`profile` says what of the specification is in use here."""

    version: str
    profile: str
    openapi_url: str
    description: str


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """How far it goes; `size` is how many are on this page."""

    total_items: Count
    total_pages: Count
    page_number: Count
    size: Count
    first_page: bool
    last_page: bool
    empty: bool


class HsdsServicePage(Page, frozen=True, kw_only=True):
    contents: list[HsdsListedService]


class HsdsOrganizationPage(Page, frozen=True, kw_only=True):
    contents: list[HsdsOrganization]


class HsdsTaxonomyPage(Page, frozen=True, kw_only=True):
    contents: list[HsdsTaxonomy]


class HsdsTaxonomyTermPage(Page, frozen=True, kw_only=True):
    contents: list[HsdsTaxonomyTerm]


class HsdsServiceAtLocationPage(Page, frozen=True, kw_only=True):
    contents: list[HsdsServiceAtLocation]


class Hours(msgspec.Struct, frozen=True):
    """When offices are open, as text with their offset from UTC."""

    valid_from: date
    begins: str
    ends: str


class Coded(msgspec.Struct, frozen=True):
    """A code with a name."""

    code: str
    name: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of services was asked: conditions that must all hold."""

    search: str | None = None
    organization_id: UUID | None = None
    taxonomy_term_id: UUID | None = None
    modified_after: str | None = None

"""Figures: what may be told of the labour market, as the worker counted it."""

from longan.migrations.script import run

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    run("""
create schema insights;

create type insights.day as (day date, views integer, viewers integer);
create type insights.step as (status text, applications integer);

create table insights.market (
    dimension    text        not null check (dimension in ('occupation', 'ward', 'shift', 'month')),
    part         text        not null check (part in ('total', 'group', 'rest')),
    key          text,
    name         text,
    postings     integer     not null check (postings >= 10),
    openings     integer     not null check (openings >= 0),
    median_month bigint      check (median_month > 0),
    counted_at   timestamptz not null,
    constraint market_once unique nulls not distinct (dimension, part, key),
    check (part = 'group' or key is null)
);
comment on table insights.market is 'only what may be told: no group of fewer than 10 postings or 3 employers, and none that the others give away';
comment on column insights.market.key is 'of a group: the code, null for the postings that do not say it';
""")

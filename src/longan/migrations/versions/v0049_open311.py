"""Open311: partner systems that may report (their keys), and what they have sent."""

from longan.migrations.script import run

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    run("""
create schema open311_keys;

create table open311_keys.keys (
    id            uuid        primary key default uuidv7(),
    digest        bytea       not null constraint keys_one_per_digest unique check (length(digest) = 32),
    hint          text        not null,
    partner       text        not null,
    contact       text,
    jurisdictions text[]      check (cardinality(jurisdictions) > 0),
    a_minute      integer     not null check (a_minute > 0),
    a_day         integer     not null check (a_day > 0),
    given_by      uuid        not null references identity.accounts,
    given_at      timestamptz not null,
    revoked_at    timestamptz
);
comment on table open311_keys.keys is 'who may report by Open311; the key itself is shown once and kept nowhere';
comment on column open311_keys.keys.digest is 'SHA-256 of the key, which is 256 random bits';
comment on column open311_keys.keys.hint is 'its last four characters, to tell keys of one partner apart';
comment on column open311_keys.keys.jurisdictions is 'null: every one that is served';

create table open311_keys.acts (
    id         uuid        primary key default uuidv7(),
    key_id     uuid        not null references open311_keys.keys,
    act        text        not null check (act in ('given', 'revoked')),
    account_id uuid        not null references identity.accounts,
    reason     text        not null,
    at         timestamptz not null
);
create index acts_of_key on open311_keys.acts (key_id, at);

create schema open311;

create table open311.services (
    category_code text primary key,
    service_type  text not null check (service_type in ('realtime', 'batch')),
    group_vi      text not null,
    group_en      text not null,
    keywords      text not null
);
comment on table open311.services is
    'what GeoReport says of a category and we need not; without a row it is realtime, without keywords or a group';
comment on column open311.services.service_type is
    'batch: an official reads it first, for it may be a denunciation or news of a crime, which go their own ways';
insert into open311.services (category_code, service_type, group_vi, group_en, keywords) values
    ('ha_tang', 'realtime', 'Hạ tầng và môi trường', 'Infrastructure and environment',
     'điện, nước, cây xanh, cống, ngập, chiếu sáng, vỉa hè'),
    ('giao_thong', 'realtime', 'Hạ tầng và môi trường', 'Infrastructure and environment',
     'đường, ổ gà, đèn tín hiệu, biển báo, cầu, kẹt xe'),
    ('trat_tu_do_thi', 'realtime', 'Hạ tầng và môi trường', 'Infrastructure and environment',
     'xây dựng, lấn chiếm, vỉa hè, quảng cáo'),
    ('moi_truong', 'realtime', 'Hạ tầng và môi trường', 'Infrastructure and environment',
     'rác, tiếng ồn, khói, nước thải, mùi'),
    ('an_ninh', 'batch', 'An ninh và đời sống', 'Safety and daily life', 'trật tự, gây rối, tệ nạn'),
    ('y_te', 'realtime', 'An ninh và đời sống', 'Safety and daily life', 'bệnh viện, thực phẩm, vệ sinh'),
    ('du_lich', 'realtime', 'An ninh và đời sống', 'Safety and daily life', 'khách sạn, tham quan, giá'),
    ('vien_thong', 'realtime', 'An ninh và đời sống', 'Safety and daily life', 'mạng, sóng, cáp, internet'),
    ('tthc', 'realtime', 'Hành chính', 'Administration', 'hồ sơ, dịch vụ công, một cửa'),
    ('chinh_sach', 'realtime', 'Hành chính', 'Administration', 'trợ cấp, bảo hiểm, hộ nghèo, người có công'),
    ('thai_do', 'batch', 'Hành chính', 'Administration', 'cán bộ, công chức, tác phong'),
    ('khac', 'realtime', 'Khác', 'Other', 'góp ý, khác');

create schema open311_reports;

create table open311_reports.submissions (
    id              uuid        primary key,
    key_id          uuid        not null references open311_keys.keys,
    jurisdiction_id text        not null,
    province_code   text        not null,
    category_code   text        not null,
    ward_version    date,
    ward_code       text,
    state           text        not null check (state in ('filed', 'waiting', 'refused')),
    token           text        constraint submissions_one_per_token unique,
    report_id       uuid        constraint submissions_one_per_report unique references feedback.reports on delete set null,
    content         jsonb,
    media_url       text,
    contact_sealed  bytea,
    reason          text,
    decided_by      uuid        references identity.accounts,
    decided_at      timestamptz,
    created_at      timestamptz not null,
    foreign key (ward_version, ward_code) references places.units (version, code),
    check ((state = 'waiting') = (content is not null)),
    check (state = 'filed' or report_id is null)
);
comment on table open311_reports.submissions is 'what a partner has posted, and what became of it';
comment on column open311_reports.submissions.content is 'while it waits for an official; afterwards it is in the report, or nowhere';
comment on column open311_reports.submissions.media_url is 'a foreign address that nobody here ever fetches';
comment on column open311_reports.submissions.contact_sealed is
    'name, address of mail and phone of who reported, AES-256-GCM bound to this row; forgotten when it is over';
create index submissions_waiting on open311_reports.submissions (created_at, id) where state = 'waiting';
create index submissions_latest on open311_reports.submissions (created_at desc, id desc);
create index submissions_of_key on open311_reports.submissions (key_id, created_at desc);
create index submissions_personal on open311_reports.submissions (created_at)
 where contact_sealed is not null or media_url is not null;

create table open311_reports.recent (
    key_id        uuid        not null references open311_keys.keys,
    digest        bytea       not null check (length(digest) = 32),
    submission_id uuid        not null,
    at            timestamptz not null,
    constraint recent_once primary key (key_id, digest)
);
comment on table open311_reports.recent is 'what a key has posted lately: GeoReport has no idempotency key, so the content is one';
create index recent_by_age on open311_reports.recent (at);

create table open311_reports.looks (
    id            uuid        primary key default uuidv7(),
    submission_id uuid        not null references open311_reports.submissions on delete cascade,
    official_id   uuid        not null references identity.accounts,
    agency_code   text,
    purpose       text        not null,
    looked_at     timestamptz not null
);
comment on table open311_reports.looks is 'who has looked at the contact and the foreign address of a submission, and what for';
create index looks_of_submission on open311_reports.looks (submission_id, looked_at);
""")

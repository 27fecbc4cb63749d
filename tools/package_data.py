"""Makes the package data from the collected source files, by their shipping rules; same input, same bytes.

    python tools/package_data.py --from DIR

DIR holds the source files and a README.md that says what may be shipped. The output replaces the files under
src/longan/reference/data and src/longan/devkit/sample/data; the NOTICE.md files and the hand-written tables beside them
stay as they are.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from packaged import abbreviations, housing_projects, lists, places, postings, procedures, rooms, working_days
from packaged.employers import Employers
from packaged.files import json_lines, read_table, table, write
from packaged.wards import Wards
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "src/longan/reference/data"
SAMPLE = ROOT / "src/longan/devkit/sample/data"
WORKER_POSTINGS = Path(__file__).parent / "packaged/worker_postings.csv"

CITIZEN_CARDS = ("cccd_province_codes.csv", "cccd_century_gender.csv")

# The persona of an employer that nobody has verified yet owns it.
UNVERIFIED = ("Công ty TNHH Dịch vụ Hạt Gạo Chờ Duyệt", "27694")

Report = Callable[[str, int, int], None]


def make_reference(source: Path, report: Report) -> None:
    """Units, successions, lists, procedures, abbreviations: government facts, shipped as they are."""
    old, new = read_table(source / "admin_units_old_vn.csv"), read_table(source / "admin_units_new_vn.csv")
    content = table(places.VERSIONS, places.VERSIONS_HEADER)
    report("versions.csv", len(places.VERSIONS), write(REFERENCE / "versions.csv", content))
    units = [*places.units(places.OLD_VERSION, old), *places.units(places.NEW_VERSION, new)]
    report("units.csv.gz", len(units), write(REFERENCE / "units.csv.gz", table(units, places.UNITS_HEADER)))
    pairs = list(
        places.successions(
            read_table(source / "admin_map_old_new_vn.csv"),
            read_table(source / "admin_map_districts_without_communes.csv"),
        )
    )
    content = table(pairs, places.SUCCESSIONS_HEADER)
    report("successions.csv.gz", len(pairs), write(REFERENCE / "successions.csv.gz", content))
    make_lists(source, report)
    short = list(abbreviations.abbreviations(read_table(source / "abbreviations.csv")))
    content = table(short, abbreviations.HEADER)
    report("abbreviations.csv", len(short), write(REFERENCE / "abbreviations.csv", content))
    for name in CITIZEN_CARDS:
        rows = read_table(source / name)
        report(name, len(rows), write(REFERENCE / name, table((list(row.values()) for row in rows), list(rows[0]))))
    details = map(json.loads, (source / "procedures_detail.jsonl").read_text(encoding="utf-8").splitlines())
    made = list(
        procedures.procedures(
            read_table(source / "procedures_index.csv"),
            {detail["code"]: detail for detail in details},
            read_table(source / "key_procedures_worker.csv"),
        )
    )
    report("procedures.jsonl.gz", len(made), write(REFERENCE / "procedures.jsonl.gz", json_lines(made)))


def make_lists(source: Path, report: Report) -> None:
    """What postings speak by: occupations, industrial parks, minimum wages and their regions; days off and the statuses
    of dossiers."""
    for name, origin, rows_of, header in (
        ("occupations.csv", "vsco_2020.csv", lists.occupations, lists.OCCUPATIONS_HEADER),
        ("parks.csv", "industrial_parks.csv", lists.parks, lists.PARKS_HEADER),
        ("minimum_wages.csv", "min_wage.csv", lists.minimum_wages, lists.MINIMUM_WAGES_HEADER),
        ("wage_regions.csv", "min_wage_region_tayninh.csv", lists.wage_regions, lists.WAGE_REGIONS_HEADER),
        ("holidays.csv", "holidays.csv", working_days.holidays, working_days.HOLIDAYS_HEADER),
        ("dossier_statuses.csv", "dossier_status.csv", working_days.statuses, working_days.STATUSES_HEADER),
        ("housing_projects.csv", "social_housing.csv", housing_projects.projects, housing_projects.HEADER),
    ):
        rows = list(rows_of(read_table(source / origin)))
        report(name, len(rows), write(REFERENCE / name, table(rows, header)))


def make_sample(source: Path, province: str, report: Report) -> dict[str, Mapping[str, int]]:
    """Employers, postings and rooms: facts without names and texts. Answers what was left out, and why."""
    old, new = read_table(source / "admin_units_old_vn.csv"), read_table(source / "admin_units_new_vn.csv")
    pairs, parks = read_table(source / "admin_map_old_new_vn.csv"), read_table(source / "industrial_parks.csv")
    jobs = read_table(source / "jobs.csv")
    wards = Wards(province, new, old, pairs, parks)
    employers = Employers({job["company"] for job in jobs})
    elsewhere = postings.elsewhere_pattern(old, province)
    by_hand = read_table(WORKER_POSTINGS)
    open_jobs, jobs_left_out = postings.postings(
        jobs, by_hand, wards=wards, employers=employers, province=province, elsewhere=elsewhere
    )
    employers.named(*UNVERIFIED, "unverified")
    used = list(postings.employers_used(open_jobs, employers))
    report("employers.jsonl.gz", len(used), write(SAMPLE / "employers.jsonl.gz", json_lines(used)))
    report("postings.jsonl.gz", len(open_jobs), write(SAMPLE / "postings.jsonl.gz", json_lines(open_jobs)))
    fields = json.loads((source / "room_listing_fields.json").read_text(encoding="utf-8"))["fields"]
    sane = {field["f"]: tuple(field["sane"]) for field in fields if "sane" in field}
    made, rooms_left_out = rooms.rooms(read_table(source / "rooms.csv"), sane, wards, province)
    report("rooms.jsonl.gz", len(made), write(SAMPLE / "rooms.jsonl.gz", json_lines(made)))
    return {"Postings": jobs_left_out, "Rooms": rooms_left_out}


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the package data from the collected source files.")
    parser.add_argument("--from", dest="source", type=Path, required=True, help="the folder of the source files")
    parser.add_argument("--province", default="80", help="code of the province whose postings and rooms are the sample")
    arguments = parser.parse_args()
    console = Console(highlight=False)
    summary = Table("file", "rows", "bytes", title="Package data")
    for column in summary.columns[1:]:
        column.justify = "right"

    def report(name: str, rows: int, size: int) -> None:
        console.print(f"  wrote {name}")
        summary.add_row(name, f"{rows:,}", f"{size:,}")

    console.print(f"Reference data into {REFERENCE.relative_to(ROOT)}")
    make_reference(arguments.source, report)
    console.print(f"Sample data into {SAMPLE.relative_to(ROOT)}")
    left_out = make_sample(arguments.source, arguments.province, report)
    console.print(summary)
    for kind, reasons in left_out.items():
        console.print(f"{kind} left out: " + ", ".join(f"{count} ({why})" for why, count in reasons.items()))


if __name__ == "__main__":
    main()

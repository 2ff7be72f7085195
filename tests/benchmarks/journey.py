"""How the journey grows with the customers: seconds, processor time and memory of every stage.

    python tests/benchmarks/journey.py --sizes 10000 100000 1000000

Customers are generated; the messages are stubs that stand in the tables as screened and
approved, because writing and screening are done for each segment and variant and do not grow
with the customers.  Each size runs in a process of its own, on a database file of its own.
The export is undone after it was timed, since a campaign that was exported is never simulated.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from personalization import campaign, delivery  # noqa: E402
from personalization.campaign.emails import check_emails  # noqa: E402
from personalization.domain import Brief, Message  # noqa: E402
from personalization.settings import Brand, Delivery, Settings  # noqa: E402
from personalization.store import Store, open_store  # noqa: E402

ACTOR: Final = "benchmark"
ARMS: Final = ("control", "A", "B", "C")
AIM_SECONDS: Final = 20.0
AIM_GIGABYTES: Final = 4.0
SEND_ON: Final = date(2026, 12, 1)
EXPORT: Final = "(export, files and all)"
"""Stands beside the journey, which goes on with the simulation; the total leaves it out."""

# Names, towns and orders as they come: many people share a first name, some have none.
_CUSTOMERS = """
    COPY (
        SELECT 'C' || lpad(range::VARCHAR, 9, '0') AS customer_id,
               'person' || range || '@example.com' AS email,
               CASE WHEN hash(range, 'n') % 20 = 0 THEN NULL
                    ELSE 'Name' || chr((65 + hash(range, 'a') % 26)::INT)
                         || chr((97 + hash(range, 'b') % 26)::INT)
                         || chr((97 + hash(range, 'c') % 26)::INT) END AS first_name,
               'Town ' || hash(range, 't') % 400 AS city,
               'United Kingdom' AS country,
               CASE WHEN hash(range, 'y') % 50 = 0 THEN 'no' ELSE 'yes' END AS email_consent,
               (DATE '2026-11-30' - (hash(range, 'd') % 700)::INT)::DATE AS last_purchase,
               1 + hash(range, 'o') % 9 AS orders,
               round(5 + (hash(range, 's') % 90000) / 100.0, 2) AS revenue
        FROM range($n)
    ) TO '{path}' (HEADER)
"""


Stages = dict[str, tuple[float, float, float]]


@dataclass
class Meter:
    """Takes the time, the processor time and the peak memory of each stage."""

    stages: Stages = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure the block: seconds, seconds of all cores, and the most memory held (GB)."""
        reset_peak()
        begun, worked = time.perf_counter(), time.process_time()
        yield
        self.stages[name] = (
            time.perf_counter() - begun,
            time.process_time() - worked,
            peak_gigabytes(),
        )


def reset_peak() -> None:
    """Forget the highest memory so far, where the system lets a process do so."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5", "ascii")


def peak_gigabytes() -> float:
    """Return the most resident memory since the last reset; since the start elsewhere."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    line = next(line for line in status.read_text("ascii").splitlines() if "VmHWM" in line)
    return int(line.split()[1]) / 1e6


def stub(segment: str, arm: str, brand: Brand) -> Message:
    """A message of the usual length that addresses two fields."""
    middle = "\n\n".join(
        f"Paragraph {i} of a text of usual length, with a thing or two to say about the season, "
        "what is new in the shop, and why it may be worth a look before the end of the month."
        for i in range(4)
    )
    return Message(
        subject=f"{{{{first_name|Hello}}}}, something for you ({arm})",
        preheader=f"A few things that we thought {segment} would like",
        body=f"Dear {{{{first_name|friend}}}},\n\n{middle}\n\nMade near {{{{city|your town}}}}.",
        call_to_action="Have a look",
        link=brand.shop_url,
        footer=f"{brand.sender_name}\n{brand.sender_address}\nUnsubscribe: {brand.unsubscribe_url}",
    )


_VARIANT = """
    INSERT INTO variants VALUES ($variant_id, 1, $campaign_id, $segment, $arm, $subject, $preheader,
        $body, $call_to_action, $link, $footer, 'en-GB', '{}', 'human', '{}', $sha256, $now, $actor)
"""
_SCREENED = """
    INSERT INTO screenings (variant_id, version, campaign_id, content_sha256, decision, engine,
        engine_version, policy_version, categories, n_strings, screened_at, readers, house_sha256)
    SELECT variant_id, 1, campaign_id, content_sha256, 'pass', 'embedded', 'stub',
           (SELECT policy_version FROM policy_in_force), '{}', 6, $now,
           (SELECT string_agg(code, ',') FROM campaign_readers WHERE campaign_id = $campaign_id),
           (SELECT house_sha256 FROM house_rules WHERE campaign_id = $campaign_id)
    FROM variants WHERE campaign_id = $campaign_id
"""
_APPROVED = """
    INSERT INTO approvals (variant_id, version, campaign_id, content_sha256, decision, note, actor,
        is_self_approved, screening_id, decided_at)
    SELECT variant_id, 1, campaign_id, content_sha256, 'approved', '', $actor, true, screening_id,
           $now
    FROM screenings WHERE campaign_id = $campaign_id
"""
_SEGMENTS = "SELECT segment FROM segments WHERE campaign_id = $campaign_id ORDER BY position"


def write_stubs(store: Store, settings: Settings, campaign_id: str) -> None:
    """Put screened and approved messages into the tables, four for each segment."""
    stamp = {"now": store.now(), "actor": ACTOR}
    campaign.put_policy_in_force(store, settings, actor=ACTOR)
    for (segment,) in store.read(_SEGMENTS, campaign_id=campaign_id):
        for arm in ARMS:
            message = stub(segment, arm, settings.brand)
            store.run(
                _VARIANT, variant_id=f"{campaign_id}/{segment}/{arm}", campaign_id=campaign_id,
                segment=segment, arm=arm, sha256=message.content_sha256, **dict(message.fields()),
                **stamp,
            )  # fmt: skip
    store.run(_SCREENED, campaign_id=campaign_id, now=store.now())
    store.run(_APPROVED, campaign_id=campaign_id, **stamp)
    check_emails(store, settings, campaign_id, actor=ACTOR)


class UndoneError(Exception):
    """Ends a transaction whose changes were only to be timed."""


def export_and_undo(store: Store, settings: Settings, campaign_id: str) -> int:
    """Write the recipient files as a launch does, and take the launch back."""
    recipients = 0
    with suppress(UndoneError), store.transaction():
        recipients = campaign.export_campaign(
            store, settings, campaign_id, actor=ACTOR, request_id="export"
        ).recipients
        raise UndoneError
    return recipients


def take_in(store: Store, n: int, path: Path, meter: Meter) -> str:
    """Write the file of customers, take the time of its intake, and start a campaign on it."""
    store.read(_CUSTOMERS.format(path=path), n=n)
    with meter.stage("intake"):
        intake = campaign.check_file(path)
        dataset_id = campaign.import_files(
            store, name="Benchmark", intakes=[intake], actor=ACTOR, request_id="import"
        )
    return campaign.create_campaign(
        store, name="Benchmark", dataset_id=dataset_id, brief=Brief(), send_on=SEND_ON,
        actor=ACTOR, request_id="create", seed="benchmark",
    )  # fmt: skip


def journey(n: int, folder: Path) -> Stages:
    """Take ``n`` customers from a CSV to measured results, and return what each stage took."""
    meter = Meter()
    settings = replace(Settings(), delivery=Delivery(folder=str(folder / "exports")))
    store = open_store(folder / "journey.duckdb")
    with meter.stage("load libraries"):
        import statsmodels.stats.proportion  # noqa: F401  every process pays it once
    campaign_id = take_in(store, n, folder / "customers.csv", meter)
    with meter.stage("segments"):
        proposal = campaign.fit_segments(store, settings, campaign_id)
        campaign.keep_segments(store, campaign_id, proposal, actor=ACTOR)
    write_stubs(store, settings, campaign_id)
    with meter.stage("assignment"):
        plan = campaign.plan_experiment(store, settings, campaign_id)
        campaign.design_experiment(
            store, settings, campaign_id, plan, analysis_on=SEND_ON, actor=ACTOR
        )
        campaign.approve_design(store, campaign_id, actor=ACTOR)
    with meter.stage(EXPORT):
        exported = export_and_undo(store, settings, campaign_id)
    with meter.stage("rendering and simulation"):
        simulated = delivery.simulate_campaign(
            store, settings, campaign_id, actor=ACTOR, request_id="simulate"
        )
    with meter.stage("results"):
        campaign.measure(store, settings, campaign_id, actor=ACTOR)
    store.close()
    if exported != simulated or not 0 < exported <= n:
        raise SystemExit(f"{exported} exported, {simulated} simulated, of {n}")
    return meter.stages


def measured(n: int) -> Stages:
    """Run one size in a process of its own."""
    ran = subprocess.run(
        [sys.executable, __file__, "--one", str(n)], check=True, capture_output=True, text=True
    )
    return {name: tuple(pair) for name, pair in json.loads(ran.stdout.splitlines()[-1]).items()}


def told(sizes: list[int], found: list[Stages]) -> str:
    """Lay the figures out: seconds, processor seconds, peak GB, growth from size to size."""
    lines = ["stage".ljust(26) + "".join(f"{n:>13,}   cpu s peak GB  growth" for n in sizes)]
    for name in [*found[0], "total"]:
        line, before = name.ljust(26), None
        for stages in found:
            seconds, worked, peak = total(stages) if name == "total" else stages[name]
            growth = f"{seconds / before:7.1f}x" if before else " " * 8
            line += f"{seconds:11.2f} s {worked:7.1f} {peak:7.2f} {growth}"
            before = seconds
        lines.append(line)
    return "\n".join(lines)


def total(stages: Stages) -> tuple[float, float, float]:
    """Sum the seconds of all stages but the export, and take the highest peak of any."""
    seconds, worked, _ = zip(*(s for name, s in stages.items() if name != EXPORT), strict=True)
    return sum(seconds), sum(worked), max(peak for _, _, peak in stages.values())


def main() -> None:
    """Print the table, and whether a million customers meet the aim."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(journey(options.one, Path(folder))))
        return
    found = [measured(n) for n in options.sizes]
    print(told(options.sizes, found))
    seconds, worked, peak = total(found[-1])
    print(
        f"\nAim for 1,000,000: {AIM_SECONDS:.0f} s and {AIM_GIGABYTES:.0f} GB on two cores. "
        f"{options.sizes[-1]:,} took {seconds:.1f} s ({worked:.1f} s of processor time) and "
        f"{peak:.2f} GB."
    )


if __name__ == "__main__":
    main()

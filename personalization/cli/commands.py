"""The words of the command line: what each takes, and which verb of the product it calls.

Heavy parts are imported where they are used, so that ``personalize --help`` is quick.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli import (
    brand,
    emails,
    evidence,
    library,
    outreach,
    people,
    product_texts,
    recommending,
    replies,
    routing,
    search,
    sequences,
    speaker,
    speaking,
    trials,
    triggers,
    writing,
)
from personalization.cli.command import Command
from personalization.cli.places import stored, writable
from personalization.errors import InputError
from personalization.settings import Settings, database_path, load_settings, settings_in_force
from personalization.store import open_store

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from personalization.customers import Intake

TARGETS: Final = (
    "customers", "transactions", "products", "interactions", "engagements", "consents",
    "suppressions", "outreach_events", "prospects",
)  # fmt: skip
EVENTS: Final = ("purchase", "view", "click", "cart", "wishlist", "return")


# check, segment ------------------------------------------------------------------------


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path)
    parser.add_argument("--as", dest="target", default="customers", choices=TARGETS)
    parser.add_argument("--map", action="append", default=[], metavar="COLUMN=FIELD")
    parser.add_argument("--date-order", choices=("DMY", "MDY", "YMD"))
    parser.add_argument("--currency")
    parser.add_argument("--decimal-mark", choices=(".", ","))
    parser.add_argument("--encoding", help="such as cp1252, where the guess is wrong")
    parser.add_argument("--event", choices=EVENTS, help="what all rows of --as interactions are")
    parser.add_argument("--out", type=Path, metavar="FILE.csv", help="write the accepted rows")


def _check(arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization import customers  # noqa: PLC0415

    intake = _intake(arguments)
    if intake.refuse:
        arguments.exit_code, arguments.error = 2, intake.refuse
    elif arguments.out and intake.ask:
        asked = ", ".join(intake.ask)
        raise InputError(f"{arguments.file.name} leaves a question open: {asked}. {_ANSWERS}")
    elif arguments.out:
        writable(arguments.out)
        customers.write_accepted(intake, arguments.out)
    return intake.as_json()


_ANSWERS: Final = (
    "Answer with --date-order, --currency, --decimal-mark, --event or --map COLUMN=FIELD."
)


def _intake(arguments: argparse.Namespace) -> Intake:
    from personalization import campaign  # noqa: PLC0415

    pairs = [pair.partition("=") for pair in arguments.map]
    if bad := [name for name, equals, field in pairs if not (equals and field)]:
        raise InputError(f"--map {bad[0]!r} is no COLUMN=FIELD.")
    asked = ("date_order", "currency", "decimal_mark", "encoding", "event")
    answers = {name: getattr(arguments, name) for name in asked}
    return campaign.check_file(
        arguments.file,
        target=arguments.target,
        mapping={name: field for name, _, field in pairs} or None,
        answers={name: answer for name, answer in answers.items() if answer},
    )


def _segment_arguments(parser: argparse.ArgumentParser) -> None:
    _check_arguments(parser)
    parser.add_argument("--transactions", type=Path)
    parser.add_argument("--method", choices=("rfm", "kmeans"), default="rfm")
    parser.add_argument("--config", type=Path)


def _segment(arguments: argparse.Namespace) -> dict[str, Any]:
    from datetime import date  # noqa: PLC0415

    from personalization import campaign  # noqa: PLC0415
    from personalization.domain import Brief  # noqa: PLC0415

    arguments.target = "customers"
    intakes = [_intake(arguments)]
    if arguments.transactions:
        intakes.append(campaign.check_file(arguments.transactions, target="transactions"))
    store = open_store()
    dataset_id = campaign.import_files(
        store, name=arguments.file.name, intakes=intakes, actor="command line", request_id="file"
    )
    campaign_id = campaign.create_campaign(
        store, name=arguments.file.name, dataset_id=dataset_id, brief=Brief(),
        send_on=date.today(), actor="command line", request_id="file",  # noqa: DTZ011
    )  # fmt: skip
    found = campaign.fit_segments(store, _settings(arguments), campaign_id, method=arguments.method)
    return {
        "method": found.method,
        "as_of": found.as_of.isoformat(),
        "parameters": dict(found.parameters),
        "quality": dict(found.quality),
        "segments": [
            {"segment": s.name, "customers": s.customers, "rule": s.rule,
             "description": s.description, "profile": dict(s.profile)}
            for s in found.segments
        ],
        "small": dict(found.small),
    }  # fmt: skip


def _settings(arguments: argparse.Namespace) -> Settings:
    return load_settings(arguments.config) if arguments.config else Settings()


# ground, screen ------------------------------------------------------------------------


def _file_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="JSON lines")
    parser.add_argument("--config", type=Path)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    return (line for line in _every_line(path) if line is not None)


def _every_line(path: Path) -> Iterator[dict[str, Any] | None]:
    """Yield each line's object, and None for an empty one, so that lines can be counted."""
    try:
        texts = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    for number, text in enumerate(texts, start=1):
        if not text.strip():
            yield None
            continue
        try:
            line = json.loads(text)
        except (ValueError, RecursionError) as error:  # a number of too many digits, too deep
            raise InputError(f"{path}, line {number}, is no JSON: {error}") from error
        if not isinstance(line, dict):
            raise InputError(f"{path}, line {number}, is no JSON object.")
        yield line


def _ground(arguments: argparse.Namespace) -> Iterable[dict[str, Any]]:
    from personalization import generation  # noqa: PLC0415
    from personalization.providers import registry  # noqa: PLC0415

    checker = registry.second_opinion(_settings(arguments).generation)
    return generation.ground_lines(_lines(arguments.file), checker=checker)


_LINE: Final = """JSON lines, one object a line. Texts: subject, preheader, body, call_to_action,
link, footer, html (those there are). Beside them: id; kind (message, or customer_field, passage,
csv_cell, whose text is body); sources (a list of texts); locale; jurisdictions; send_on; context
(an object: sender_name, sender_address, allowed_domains, own_emails, own_phones, require_footer,
representatives, register_number, vat_id, on_behalf_of). An unknown key, or a line without a text,
is refused; rule, expect, min_action and note of a collection of cases are left."""


def _screen_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help=_LINE)
    parser.add_argument("--config", type=Path, help="settings: engine, and [safety] policy = FILE")
    parser.add_argument(
        "--database", type=Path, metavar="FILE",
        help="use the policy in force there; without it the policy is the shipped one, or the file "
        "that [safety] policy of --config names",
    )  # fmt: skip


def _screen(arguments: argparse.Namespace) -> Iterable[dict[str, Any]]:
    from personalization import safety  # noqa: PLC0415

    lines, settings, store = _every_line(arguments.file), _settings(arguments), None
    if arguments.database:
        store = stored(arguments.database)
        settings = settings if arguments.config else settings_in_force()
    return safety.screen_lines(lines, settings=settings, store=store)


# run, report, audit, doctor ------------------------------------------------------------


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, metavar="CONFIG.toml")


def _run(arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization.pipeline import PersonalizationPipeline  # noqa: PLC0415

    pipeline = PersonalizationPipeline(arguments.config)
    database = pipeline.options.database
    kept = {"database": str((pipeline.folder / database).resolve())} if database else {}
    return {**pipeline.run(), **kept}


def _report_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("campaign", metavar="ID")
    parser.add_argument("--out", type=Path, metavar="FILE.html")
    parser.add_argument("--database", type=Path, default=database_path())


def _report(arguments: argparse.Namespace) -> Any:  # noqa: ANN401
    from personalization import campaign  # noqa: PLC0415
    from personalization.reports.report import campaign_report  # noqa: PLC0415

    store, settings = stored(arguments.database), settings_in_force()
    campaign.measure_if_due(store, settings, arguments.campaign, actor="command line")
    page = campaign_report(store, arguments.campaign)
    if arguments.out is None:
        return page
    writable(arguments.out)
    arguments.out.write_text(page, "utf-8")
    return {"campaign_id": arguments.campaign, "report": str(arguments.out), "bytes": len(page)}


def _config_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path)


def _doctor(arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization import safety  # noqa: PLC0415
    from personalization.cli import hosted  # noqa: PLC0415
    from personalization.providers import reach, registry  # noqa: PLC0415

    settings = _settings(arguments)
    azure = safety.read_policy(safety.own_policy(settings.safety)).azure
    found = reach.reach(settings, azure=azure)
    if any(state != reach.READY for state in found.values()):
        arguments.exit_code = 2
    if (refused := hosted.refused_last(settings)) and found["writer"] == reach.READY:
        found["writer"] = refused
        arguments.exit_code = 2
    states = {
        state.role: {
            "chosen": state.chosen,
            "embedded": state.is_embedded,
            "state": found.get(state.role, reach.READY),
            "detail": state.detail,
        }
        for state in registry.provider_states(settings, azure=azure)
    }
    return states | {"audit heads": evidence.heads_told(settings)}


COMMANDS: Final[dict[str, Command]] = {
    "check": Command("what a file holds, and what would be rejected", _check_arguments, _check),
    "segment": Command("the segments of a customer file", _segment_arguments, _segment),
    **search.COMMANDS,
    "ground": Command("each claim of a message, supported or not", _file_argument, _ground),
    "screen": Command("messages through the safety policy", _screen_arguments, _screen),
    **library.COMMANDS,
    **brand.COMMANDS,
    **writing.COMMANDS,
    **emails.COMMANDS,
    **trials.COMMANDS,
    "run": Command("a whole campaign from a configuration", _run_arguments, _run),
    "report": Command("a campaign's results as one HTML page", _report_arguments, _report),
    **evidence.COMMANDS,
    **people.COMMANDS,
    **recommending.COMMANDS,
    **product_texts.COMMANDS,
    **triggers.COMMANDS,
    **routing.COMMANDS,
    **outreach.COMMANDS,
    **sequences.COMMANDS,
    **speaker.COMMANDS,
    **speaking.COMMANDS,
    **replies.COMMANDS,
    "doctor": Command("which provider serves, and why", _config_argument, _doctor),
}

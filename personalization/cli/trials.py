"""Tests on the command line: what one of a given size can show, and what one has shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.errors import InputError

if TYPE_CHECKING:
    import argparse


def _analyze_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compare the arms of any file with one row for each customer (CSV, TSV or Parquet). The "
        "first metric decides. Percent are fractions: 0.1 is 10 %. A blank outcome counts as "
        "0, and the text says how many there are."
    )
    parser.add_argument("file", type=Path, help="one row for each customer")
    parser.add_argument("--arm", required=True, metavar="COLUMN", help="each customer's arm")
    parser.add_argument(
        "--control", required=True, metavar="NAME", help="the arm that the others are held against"
    )
    parser.add_argument(
        "--metric", action="append", required=True, metavar="COLUMN:KIND[:OPTION=...]",
        help="may be repeated: NAME:binary, NAME:mean, NAME:mean:cap=200 (the raw amount is shown "
        "too), NAME:mean:pre=COLUMN (CUPED), NAME:ratio:per=COLUMN, NAME:binary:guardrail=0.005 "
        "(less is better, and so much more can be borne)",
    )  # fmt: skip
    parser.add_argument("--segment", metavar="COLUMN", help="split the results by it")
    parser.add_argument(
        "--attribute", action="append", default=[], metavar="COLUMN",
        help="may be repeated: does it move the lift? It must have been known before the test: "
        "groups that are not alike in it make the test invalid, so leave out what the test itself "
        "can change",
    )  # fmt: skip
    parser.add_argument(
        "--weights",
        metavar="JSON",
        help="planned shares of all arms in any unit, by the names in the file: "
        '{"control": 0.5, "A": 0.5}; else equal',
    )
    parser.add_argument("--id", metavar="COLUMN", help="finds a customer who comes twice")
    parser.add_argument("--confidence", type=float, default=0.95, help="of the intervals (0.95)")
    parser.add_argument(
        "--relevant-lift",
        type=float,
        default=0.10,
        help="relative lift that matters, 1 at most (0.10: 10 percent)",
    )
    parser.add_argument(
        "--early", action="store_true",
        help="read before the agreed day: the always-valid intervals decide",
    )  # fmt: skip


def _analyze(arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization import experiments  # noqa: PLC0415

    return experiments.analyze_file(
        arguments.file,
        arm=arguments.arm,
        control=arguments.control,
        metrics=[experiments.parse_metric(text) for text in arguments.metric],
        segment=arguments.segment,
        attributes=arguments.attribute,
        weights=_weights(arguments.weights),
        id_column=arguments.id,
        rule=experiments.Rule(
            confidence=arguments.confidence,
            relevant_lift=arguments.relevant_lift,
            is_early=arguments.early,
        ),
    )


def _analysis_text(document: dict[str, Any], arguments: argparse.Namespace) -> str:
    from personalization.cli.analysis_text import analysis_text  # noqa: PLC0415

    return analysis_text(document, arguments)


def _weights(text: str | None) -> dict[str, float] | None:
    try:
        return {name: float(share) for name, share in json.loads(text).items()} if text else None
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(f"--weights {text!r} is no JSON of arms and shares.") from error


def _power_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--metric", choices=("binary", "mean"), default="binary")
    parser.add_argument("--base-rate", type=float, help="of the control, in (0, 1); for binary")
    parser.add_argument("--mean", type=float, help="of the control, per customer; for mean")
    parser.add_argument("--sd", type=float, help="standard deviation over customers; for mean")
    parser.add_argument("--lift", type=float, default=0.10, help="relative, as a fraction")
    parser.add_argument("--n-per-arm", type=int)
    parser.add_argument("--customers", type=int, help="of the whole test, instead of --n-per-arm")
    parser.add_argument("--variants", type=int, default=1, help="beside the control")


def _power(arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization import experiments  # noqa: PLC0415

    is_binary = arguments.metric == "binary"
    needed = ("base_rate",) if is_binary else ("mean", "sd")
    if missing := [name for name in needed if getattr(arguments, name) is None]:
        flag = missing[0].replace("_", "-")
        raise InputError(f"A {arguments.metric} metric needs --{flag}.")
    if arguments.lift > 1:
        raise InputError(
            f"A lift of {arguments.lift:g} would be {arguments.lift:,.0%}. Write 0.10 for 10 %."
        )
    return experiments.power(
        base_rate=arguments.base_rate,
        mean=arguments.mean,
        deviation=arguments.sd,
        lift=arguments.lift,
        n_per_arm=arguments.n_per_arm,
        customers=arguments.customers,
        variants=arguments.variants,
    )


def _power_text(document: dict[str, Any], _: argparse.Namespace) -> str:
    from personalization.cli.power_text import power_text  # noqa: PLC0415

    return power_text(document)


def _assign_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Give every customer of any file (CSV, TSV or Parquet) an arm, as campaigns do: within a "
        "segment in the order of md5(salt:id), cut by the weights. The same salt gives the same "
        "arms again."
    )
    parser.add_argument("file", type=Path, help="one row for each customer")
    parser.add_argument("--id", required=True, metavar="COLUMN", help="of the customers")
    parser.add_argument(
        "--weights", required=True, metavar="JSON",
        help='of the arms, in any unit: {"control": 1, "A": 1}',
    )  # fmt: skip
    parser.add_argument("--segment", metavar="COLUMN", help="divide within each of its values")
    parser.add_argument("--salt", required=True, metavar="TEXT", help="of the draw; keep it")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE.csv",
        help="receives id, segment, arm, propensity",
    )  # fmt: skip


def _assign(arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization.experiments.file_assignment import assign_file  # noqa: PLC0415

    return assign_file(
        arguments.file,
        id_column=arguments.id,
        weights=_weights(arguments.weights) or {},
        salt=arguments.salt,
        out=arguments.out,
        segment=arguments.segment,
    )


def _assign_text(document: dict[str, Any], _: argparse.Namespace) -> str:
    """Say who got which arm, segment by segment."""
    cells: dict[str, list[str]] = {}
    for cell in document["cells"]:
        cells.setdefault(cell["segment"], []).append(f"{cell['arm']} {cell['customers']:,}")
    n = document["customers"]
    return "\n".join(
        [
            f"{n:,} {'customer has' if n == 1 else 'customers have'} an arm, in {document['out']}.",
            *(f"  {segment}: {', '.join(arms)}" for segment, arms in cells.items()),
            f"Drawn {document['draw']}, with the salt {document['salt']!r}.",
        ]
    )


COMMANDS: Final[dict[str, Command]] = {
    "analyze": Command(
        "lift from any file of customers", _analyze_arguments, _analyze, _analysis_text
    ),
    "assign": Command(
        "an arm for every customer of any file", _assign_arguments, _assign, _assign_text
    ),
    "power": Command("what a test of a given size can show", _power_arguments, _power, _power_text),
}

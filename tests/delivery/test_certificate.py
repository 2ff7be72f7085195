"""The proof of an export, as somebody checks it who has the files, an anchored head and Python."""

from __future__ import annotations

import csv
import hashlib
import json
import random
import shutil
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from personalization.approval import decide, seal, undo
from personalization.delivery import export_campaign, verify_export
from personalization.delivery.certificate import statement_sha256
from personalization.delivery.package import changed_files, write_archive
from personalization.errors import StateError
from personalization.settings import Delivery, Settings
from personalization.store import open_store, verify_chain
from personalization.store.guards import suspended
from tests.delivery.ready import BRAND, fill_campaign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from personalization.delivery import Export
    from personalization.store import Store

NASTY = ('Ann "the Boss", Lee', "Zoë\r\nSmith", "\ufeffBo", "Li, Jr.", "O'Neil; \\ %s {", "a\tb")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Export]]:
    """A real export to people whose names hold commas, quotes, line breaks and byte-order marks."""
    store = open_store(clock=lambda: datetime(2026, 12, 1, 9, 30, tzinfo=UTC))
    fill_campaign(store)
    for number, name in enumerate(NASTY, start=1):
        store.run(
            "UPDATE customers SET first_name = $name, city = $name WHERE customer_id = $id",
            name=name, id=f"c{number:06}",
        )  # fmt: skip
    folder = tmp_path_factory.mktemp("exports")
    settings = Settings(brand=BRAND, delivery=Delivery(folder=str(folder)))
    made = export_campaign(store, settings, "spring", actor="mia", request_id="r1")
    yield store, made
    store.close()


@pytest.fixture
def copy(shop: tuple[Store, Export], tmp_path: Path) -> Path:
    """The files of that export, to be tampered with."""
    return shutil.copytree(shop[1].folder, tmp_path / "copy")


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.csv") if path.name != "suppressed.csv")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def write_rows(path: Path, rows: list[dict[str, str]], names: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, names)
        writer.writeheader()
        writer.writerows(rows)


def chain_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "chain.jsonl").read_text("utf-8").splitlines()]


def write_chain(folder: Path, rows: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "chain.jsonl").write_text(text, "utf-8")


def certificate_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "certificate.json").read_text("utf-8"))
    return found


def write_certificate(folder: Path, certificate: dict[str, Any]) -> None:
    text = json.dumps(certificate, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / "certificate.json").write_text(text, "utf-8")


def rehash(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Work the whole chain and the certificate out anew, as somebody would who owns the files."""
    certificate = certificate_of(folder)
    statement, chain = certificate["statement"], certificate["chain"]
    for file in statement["files"]:
        raw = (folder / file["name"]).read_bytes()
        file["sha256"] = hashlib.sha256(raw).hexdigest()
    said = json.loads(rows[-1]["payload"]) | {"statement_sha256": statement_sha256(statement)}
    rows[-1]["payload"] = json.dumps(said, sort_keys=True, separators=(",", ":"))
    previous = chain["before"]
    for row in rows:
        row["prev_hash"] = previous
        row["hash"] = previous = verify_export.digest(
            "v1", *(row[name] for name in verify_export.CHAINED)
        )
    write_chain(folder, rows)
    chain |= {"head": previous, "rows": len(rows)}
    raw = (folder / "chain.jsonl").read_bytes()
    chain["sha256"] = hashlib.sha256(raw).hexdigest()
    write_certificate(folder, certificate)


def test_the_shipped_script_proves_a_real_export(shop: tuple[Store, Export]) -> None:
    made = shop[1]

    ran = subprocess.run(
        [sys.executable, "-I", "verify_export.py", ".", made.head],
        cwd=made.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Proven: each of 60 rows is one of 6 texts" in ran.stdout
    assert "Uncovered: 0." in ran.stdout
    assert "ends at the anchored head" in ran.stdout
    names = [row["first_name"] for path in files(made.folder) for row in rows_of(path)]
    assert 'Ann "the Boss", Lee' in names


def test_the_head_is_the_row_of_the_export_and_the_last_of_the_trail(
    shop: tuple[Store, Export],
) -> None:
    store, made = shop

    assert store.read("SELECT kind, hash FROM audit_log ORDER BY seq DESC LIMIT 1") == [
        ("campaign.exported", made.head)
    ]
    [(kept,)] = store.read("SELECT certificate FROM certificates")
    assert kept == (made.folder / "certificate.json").read_text("utf-8")


def test_without_a_head_the_script_says_that_it_was_not_compared(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify_export.main(str(copy)) == 0
    assert "was not compared with an anchored head" in capsys.readouterr().out


def test_nothing_exported_is_nothing_to_prove_and_not_a_hundred_per_cent(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certificate, rows = certificate_of(copy), chain_of(copy)
    for path in files(copy):
        path.unlink()
    statement = certificate["statement"]
    statement |= {"texts": [], "emails": [], "recipients": 0}
    statement["files"] = [file for file in statement["files"] if "variant_id" not in file]
    write_certificate(copy, certificate)
    rehash(copy, rows)

    assert verify_export.main(str(copy)) == 3
    said = capsys.readouterr().out
    assert "nothing to prove" in said
    assert "100" not in said


def test_files_that_cannot_be_read_are_no_proof(tmp_path: Path, copy: Path) -> None:
    assert verify_export.main(str(tmp_path / "gone")) == 2
    (copy / "certificate.json").write_text("[]", "utf-8")
    assert verify_export.main(str(copy)) == 2


def flip_a_byte(folder: Path, draw: random.Random) -> None:
    path = draw.choice(sorted(folder.iterdir()))
    raw = bytearray(path.read_bytes())
    raw[draw.randrange(len(raw))] ^= 1 << draw.randrange(7)
    path.write_bytes(raw)


def drop_a_row(folder: Path, draw: random.Random) -> None:
    path = draw.choice(files(folder))
    rows = rows_of(path)
    names = list(rows[0])
    rows.pop(draw.randrange(len(rows)))
    write_rows(path, rows, names)


def add_a_row(folder: Path, draw: random.Random) -> None:
    path = draw.choice(files(folder))
    rows = rows_of(path)
    rows.append({**draw.choice(rows), "email": "stranger@example.com"})
    write_rows(path, rows, list(rows[0]))


def reword_a_row(folder: Path, draw: random.Random) -> None:
    """Other words with a fingerprint that fits them, and a certificate that lists the new file."""
    path = draw.choice(files(folder))
    rows = rows_of(path)
    row = draw.choice(rows)
    row["body"] = row["body"].replace("candles", "cures")
    row["rendered_sha256"] = verify_export.digest(
        "v1", *(row[name] for name in verify_export.FIELDS)
    )
    write_rows(path, rows, list(rows[0]))
    certificate = certificate_of(folder)
    for file in certificate["statement"]["files"]:
        if file["name"] == path.name:
            file["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    write_certificate(folder, certificate)


def swap_two_files(folder: Path, draw: random.Random) -> None:
    one, other = draw.sample(files(folder), 2)
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def change_the_certificate(folder: Path, draw: random.Random) -> None:
    certificate = certificate_of(folder)
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:  # noqa: ANN401
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in entries:
            if isinstance(inner, dict | list) and inner:
                walk(inner)
            else:
                places.append((value, key))

    walk(certificate)
    holder, key = draw.choice(places)
    value = holder[key]
    holder[key] = not value if isinstance(value, bool) else f"{value}0" if isinstance(
        value, str) else 7  # fmt: skip
    write_certificate(folder, certificate)


def change_the_chain(folder: Path, draw: random.Random) -> None:
    rows = chain_of(folder)
    row = draw.choice(rows)
    name = draw.choice(sorted(row))
    row[name] = row[name] + 1 if isinstance(row[name], int) else f"{row[name]} "
    write_chain(folder, rows)


def drop_from_the_chain(folder: Path, draw: random.Random) -> None:
    rows = chain_of(folder)
    rows.pop(draw.randrange(len(rows)))
    write_chain(folder, rows)


def reorder_the_chain(folder: Path, draw: random.Random) -> None:
    rows = chain_of(folder)
    here, there = draw.sample(range(len(rows)), 2)
    rows[here], rows[there] = rows[there], rows[here]
    write_chain(folder, rows)


def cut_the_chain(folder: Path, draw: random.Random) -> None:
    rows = chain_of(folder)
    write_chain(folder, rows[: draw.randrange(1, len(rows))])


def forge_the_chain(folder: Path, draw: random.Random) -> None:
    """Change a row and work everything out anew: only the anchored head can tell."""
    rows = chain_of(folder)
    draw.choice(rows)["actor"] = "somebody else"
    rehash(folder, rows)


@pytest.mark.parametrize(
    ("suffix", "words", "other", "told"),
    [
        pytest.param("html", "new candles", "new cures", "shows other words", id="other words"),
        pytest.param("html", "</h1>", "</h1><p>Free!</p>", "shows other words", id="more words"),
        pytest.param(
            "html", "hearthandribbon.example/candles", "hearthandribbon.example/sale",
            "leads elsewhere", id="another link",
        ),
        pytest.param(
            "html", "</h1>", "</h1><script>alert(1)</script>", "shows other words", id="a script"
        ),
        pytest.param("html", "</h1>", "</h1><!-- hidden -->", "holds comment", id="a comment"),
        pytest.param(
            "html", "<![endif]-->", "Free!<![endif]-->", "holds comment", id="words for Outlook"
        ),
        pytest.param(
            "html", "<h1 ", '<h1 onclick="x()" ', "holds onclick", id="what runs at a click"
        ),
        pytest.param(
            "html", "{{first_name|friend}}", "{{first_name|loser}}", "shows other words",
            id="another fallback",
        ),
        pytest.param("txt", "new candles", "new cures", "as plain text", id="other plain text"),
    ],
)  # fmt: skip
def test_an_e_mail_that_is_not_the_approved_fields_is_not_proven(
    copy: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    suffix: str,
    words: str,
    other: str,
    told: str,
) -> None:
    """Even where every fingerprint was worked out anew, so that the chain fits in itself."""
    rows = chain_of(copy)
    path = min(copy.glob(f"*.{suffix}"))
    assert words in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(words, other, 1), "utf-8")
    rehash(copy, rows)

    assert verify_export.main(str(copy)) == 1

    assert told in capsys.readouterr().out


def test_a_value_that_the_text_was_not_filled_with_is_not_proven(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sending tool fills the HTML from the values, so they have to be those of the text."""
    rows, path = chain_of(copy), files(copy)[0]
    sent = rows_of(path)
    changed = next(row for row in sent if row["city"])
    changed["city"] = "Leeds"
    write_rows(path, sent, list(sent[0]))
    rehash(copy, rows)

    assert verify_export.main(str(copy)) == 1

    assert "is not the certified text" in capsys.readouterr().out


def forge_everything(folder: Path, draw: random.Random) -> None:
    """Other words in the text, its rows, its screening and approval, and all hashes to fit."""
    certificate, rows = certificate_of(folder), chain_of(folder)
    text = draw.choice(certificate["statement"]["texts"])
    before = text["content_sha256"]
    text["body"] = text["body"].replace("candles", "cures")
    after = verify_export.digest("v1", *(text[name] for name in verify_export.FIELDS))
    for path in files(folder):
        sent = rows_of(path)
        for row in sent:
            if row["content_sha256"] == before:
                row |= {"body": row["body"].replace("candles", "cures"), "content_sha256": after}
                row["rendered_sha256"] = verify_export.digest(
                    "v1", *(row[name] for name in verify_export.FIELDS)
                )
        write_rows(path, sent, list(sent[0]))
    for email in certificate["statement"]["emails"]:
        if email["variant_id"] == text["variant_id"]:
            for path in (folder / email["html"], folder / email["text"]):
                path.write_bytes(path.read_bytes().replace(b"new candles", b"new cures"))
    text["content_sha256"] = after
    for row in rows:
        row["payload"] = row["payload"].replace(before, after)
    previous = certificate["chain"]["before"]
    hashes = {}
    for row in rows:
        row["prev_hash"] = previous
        hashes[row["seq"]] = previous = verify_export.digest(
            "v1", *(row[name] for name in verify_export.CHAINED)
        )
    for entry in (certificate["statement"]["seal"], *(
        each[kind] for each in certificate["statement"]["texts"]
        for kind in ("screening", "approval")
    )):  # fmt: skip
        entry["hash"] = hashes[entry["seq"]]
    write_certificate(folder, certificate)
    rehash(folder, rows)


def change_the_file_set(folder: Path, draw: random.Random) -> None:
    if draw.random() < 0.5:
        draw.choice(sorted(folder.iterdir())).unlink()
    else:
        shutil.copy(draw.choice(files(folder)), folder / "07-more.csv")


TAMPERINGS: list[Callable[[Path, random.Random], None]] = [
    flip_a_byte, drop_a_row, add_a_row, reword_a_row, swap_two_files, change_the_certificate,
    change_the_chain, drop_from_the_chain, reorder_the_chain, cut_the_chain, forge_the_chain,
    forge_everything, change_the_file_set,
]  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_every_tampering_is_found(
    shop: tuple[Store, Export], tmp_path: Path, tamper: Callable[[Path, random.Random], None]
) -> None:
    """Six draws of each: 78 in all."""
    made = shop[1]
    for seed in range(6):
        folder = shutil.copytree(made.folder, tmp_path / str(seed))
        tamper(folder, random.Random(seed))  # noqa: S311

        assert verify_export.main(str(folder), made.head) in (1, 2), (tamper.__name__, seed)


@pytest.mark.parametrize("seed", range(6))
def test_another_head_than_the_anchored_one_is_found(
    shop: tuple[Store, Export], seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    head = list(shop[1].head)
    place = random.Random(seed).randrange(64)  # noqa: S311
    head[place] = "0" if head[place] != "0" else "1"

    assert verify_export.main(str(shop[1].folder), "".join(head)) == 1
    assert "not the certified or the anchored head" in capsys.readouterr().out


def test_a_forgery_that_fits_in_itself_passes_only_where_no_head_is_named(
    shop: tuple[Store, Export], copy: Path
) -> None:
    """Which is why the head is kept elsewhere; the test of the forgeries is one that can fail."""
    forge_everything(copy, random.Random(1))  # noqa: S311

    assert verify_export.main(str(copy)) == 0
    assert verify_export.main(str(copy), shop[1].head) == 1


@pytest.mark.parametrize("name", ["certificate.json", "chain.jsonl", "verify_export.py"])
def test_an_export_whose_proof_was_changed_is_not_packed(
    shop: tuple[Store, Export], name: str
) -> None:
    made = shop[1]
    path = made.folder / name
    raw = path.read_bytes()
    path.write_bytes(raw + b"\n")
    try:
        assert changed_files(made) == (name,)
        with pytest.raises(StateError, match=f"{name} of export"):
            write_archive(made)
    finally:
        path.write_bytes(raw)


@pytest.mark.parametrize(
    "later", ["variant.rejected", "variant.reopened", "variant.screened", "campaign.sent_back"]
)
def test_a_later_word_on_the_same_bytes_is_found(
    shop: tuple[Store, Export], tmp_path: Path, capsys: pytest.CaptureFixture[str], later: str
) -> None:
    """A row of the trail that somebody took out of the records before the export."""
    made = shop[1]
    copy = shutil.copytree(made.folder, tmp_path / "copy")
    rows, text = chain_of(copy), certificate_of(copy)["statement"]["texts"][0]
    ref = "spring" if later == "campaign.sent_back" else text["variant_id"]
    said = json.dumps({"content_sha256": text["content_sha256"]})
    rows.insert(-1, {**rows[-2], "kind": later, "ref": ref, "payload": said})
    rows[-2]["seq"], rows[-1]["seq"] = rows[-1]["seq"], rows[-1]["seq"] + 1
    rehash(copy, rows)

    assert verify_export.main(str(copy)) == 1
    found = capsys.readouterr().out
    assert "for 1 reasons" in found
    assert later in found


@pytest.mark.parametrize("kind", ["variant.screened", "variant.approved", "campaign.signed_off"])
def test_what_the_trail_does_not_know_of_is_never_exported(
    store: Store, tmp_path: Path, kind: str
) -> None:
    """A sendable row without its audit row: the gate is green, and still nothing goes out."""
    fill_campaign(store)
    store.run("DROP TRIGGER audit_no_delete ON audit_log")
    store.run("DELETE FROM audit_log WHERE kind = $kind", kind=kind)
    settings = Settings(brand=BRAND, delivery=Delivery(folder=str(tmp_path)))

    with pytest.raises(StateError, match="changed by another program, so nothing was exported"):
        export_campaign(store, settings, "spring", actor="mia", request_id="r1")

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert store.read("SELECT count(*) FROM deliveries") == [(0,)]


def test_a_rejection_that_was_taken_out_of_the_records_stops_the_export(
    store: Store, tmp_path: Path
) -> None:
    fill_campaign(store)
    undo(store, "Loyal/A", actor="rob", approval_id=last_decision(store))
    decide(store, "Loyal/A", version=1, decision="rejected", note="Unlawful.", actor="ofelia")
    with store.transaction(), suspended(store, ("approvals",)):
        store.run("DELETE FROM approvals WHERE decision IN ('rejected', 'reopened')")
    settings = Settings(brand=BRAND, delivery=Delivery(folder=str(tmp_path)))

    with pytest.raises(StateError, match=r"gone from the records.*personalize audit --verify"):
        export_campaign(store, settings, "spring", actor="mia", request_id="r1")

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert store.read("SELECT count(*) FROM deliveries") == [(0,)]


def last_decision(store: Store) -> int:
    row = store.read_one("SELECT max(approval_id) FROM approvals WHERE variant_id = 'Loyal/A'")
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("has_heads", [pytest.param(True, id="heads that begin late"),
                                       pytest.param(False, id="no heads yet")])  # fmt: skip
def test_a_database_that_came_without_its_heads_is_not_taken_for_a_changed_one(
    tmp_path: Path, *, has_heads: bool
) -> None:
    """As the demo is: nothing outside vouches for its first rows, and nothing was changed."""
    path, clock = tmp_path / "demo.duckdb", lambda: datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
    with closing(open_store(path, heads=str(tmp_path / "made"), clock=clock)) as made:
        fill_campaign(made)
    with closing(open_store(path, heads=str(tmp_path / "here"), clock=clock)) as store:
        if has_heads:
            seal(store, "spring", actor="mia", note="Again.", request_id="again")
        settings = Settings(brand=BRAND, delivery=Delivery(folder=str(tmp_path / "exports")))
        found = verify_chain(store)

        assert found.problems
        assert not found.tampering
        assert export_campaign(store, settings, "spring", actor="mia", request_id="r1").recipients

"""The files of a hand-over: what each channel's tool, or the person who does it, is given.

Nothing of ours sends.  LinkedIn and X are lists of tasks for people, because both forbid programs
to act for them; the other files are for the tools that send, speak or film.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import format_datetime, formataddr
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from personalization.settings import Settings
    from personalization.store import Store

# What goes over on a channel, with the words put together as they are read.
_LINES: Final = """
    CREATE OR REPLACE TEMP TABLE handover_lines AS
    SELECT due.message_id, due.prospect_id, due.account, due.step, due.channel, due.role, due.tone,
           due.angle, due.length, due.variant_id, due.version, due.skeleton_sha256,
           due.content_sha256, due.screening_id, due.approval_id, due.mailbox, due.propensity,
           due.is_default, due.score, coalesce(due.subject, '') AS subject,
           coalesce(due.body, '') AS body, coalesce(due.call_to_action, '') AS call_to_action,
           coalesce(due.link, '') AS link, coalesce(due.footer, '') AS footer,
           outreach_words(due.channel, due.body, due.call_to_action, due.link, due.footer) AS words,
           people.email, people.phone, coalesce(people.first_name, '') AS first_name,
           coalesce(people.last_name, '') AS last_name,
           coalesce(people.full_name, concat_ws(' ', people.first_name, people.last_name), '')
               AS full_name,
           coalesce(people.title, '') AS title, coalesce(people.company, '') AS company,
           coalesce(people.country, '') AS country, coalesce(zones.name, '') AS time_zone,
           coalesce(people.linkedin_url, '') AS linkedin_url,
           coalesce(people.x_handle, '') AS x_handle, coalesce(people.owner, '') AS owner,
           coalesce((SELECT string_agg(DISTINCT facts.source, ' ' ORDER BY facts.source)
                     FROM prospect_facts AS facts
                     WHERE facts.dataset_id = $dataset_id
                       AND facts.prospect_id = due.prospect_id
                       AND list_contains(string_split(due.fact_ids, ','), facts.fact_id)), '')
               AS fact_sources,
           (SELECT arg_max(sends.message_id, sends.sent_at) FROM outreach_sends AS sends
            WHERE sends.campaign_id = $campaign_id AND sends.prospect_id = due.prospect_id
              AND sends.channel = due.channel) AS answers_to
    FROM sequence_due AS due
    JOIN prospects AS people ON people.dataset_id = $dataset_id
                            AND people.prospect_id = due.prospect_id
    LEFT JOIN (SELECT DISTINCT name FROM pg_timezone_names()) AS zones
        ON zones.name = people.time_zone
    WHERE due.standing = 'due' AND due.channel = $channel
"""
_COUNT: Final = "SELECT count(*) FROM handover_lines"

# Columns that the usual sequencers know come first; the words stand in the last ones.  Nothing that
# the base says is a formula in any column; words that begin like one are held before ('unsafe').
_EMAILS: Final = """
    SELECT csv_cell(email) AS email, csv_cell(first_name) AS first_name,
           csv_cell(last_name) AS last_name, csv_cell(company) AS company_name,
           csv_cell(title) AS job_title, csv_cell(mailbox) AS send_from, step,
           csv_cell(time_zone) AS time_zone, subject, body, call_to_action, link, footer,
           concat($unsubscribe_url, message_id) AS unsubscribe_url,
           concat('<', $unsubscribe_url, message_id, '>') AS list_unsubscribe,
           'List-Unsubscribe=One-Click' AS list_unsubscribe_post,
           csv_cell(fact_sources) AS fact_sources, csv_cell(prospect_id) AS prospect_id,
           message_id, variant_id, version, skeleton_sha256, content_sha256
    FROM handover_lines ORDER BY mailbox, step DESC, prospect_id
"""
_TEXTS: Final = """
    SELECT csv_cell(phone) AS phone, csv_cell(first_name) AS first_name,
           csv_cell(country) AS country, csv_cell(time_zone) AS time_zone, words AS message, step,
           subject, body, call_to_action, link, footer, csv_cell(prospect_id) AS prospect_id,
           message_id, variant_id, version, skeleton_sha256, content_sha256
    FROM handover_lines ORDER BY prospect_id
"""
_TASKS: Final = """
    SELECT row_number() OVER (ORDER BY step DESC, score DESC NULLS LAST, prospect_id) AS task,
           channel, csv_cell(full_name) AS name, csv_cell(title) AS job_title,
           csv_cell(company) AS company,
           csv_cell(CASE channel
                    WHEN 'x_message' THEN concat('https://x.com/', ltrim(x_handle, '@'))
                    WHEN 'call_snippet' THEN phone ELSE linkedin_url END) AS where_to,
           words AS message, step, csv_cell(time_zone) AS time_zone, subject, body, call_to_action,
           link, footer,
           csv_cell(owner) AS owner, csv_cell(fact_sources) AS fact_sources,
           csv_cell(prospect_id) AS prospect_id, message_id, variant_id, version, skeleton_sha256,
           content_sha256, '' AS done_on, '' AS answer
    FROM handover_lines ORDER BY task
"""
_SCRIPTS: Final = """
    SELECT CAST(to_json(list({
               'message_id': message_id, 'prospect_id': prospect_id, 'first_name': first_name,
               'company': company, 'step': step, 'script': words, 'subject': subject,
               'body': body, 'call_to_action': call_to_action, 'link': link, 'footer': footer,
               'fact_sources': fact_sources, 'variant_id': variant_id, 'version': version,
               'skeleton_sha256': skeleton_sha256, 'content_sha256': content_sha256}
               ORDER BY prospect_id)) AS VARCHAR)
    FROM handover_lines
"""
_CARDS: Final = """
    SELECT string_agg(concat(
               '<li><label><input type="checkbox"> <strong>', html_text(full_name), '</strong>',
               CASE WHEN title = '' THEN '' ELSE concat(', ', html_text(title)) END,
               CASE WHEN company = '' THEN '' ELSE concat(', ', html_text(company)) END, '</label>',
               '<p class="where">',
               CASE WHEN channel = 'call_snippet' THEN html_text(phone)
                    ELSE concat('<a rel="noreferrer" href="', html_text(place), '">',
                                html_text(place), '</a>') END, '</p>',
               CASE WHEN subject = '' THEN ''
                    ELSE concat('<p class="subject">', html_text(subject), '</p>') END,
               '<pre>', html_text(words), '</pre>',
               CASE WHEN fact_sources = '' THEN ''
                    ELSE concat('<p class="facts">It rests on ', html_text(fact_sources), '</p>')
                    END, '</li>'), chr(10)
               ORDER BY step DESC, score DESC NULLS LAST, prospect_id)
    FROM (SELECT *, CASE channel WHEN 'x_message'
                    THEN concat('https://x.com/', ltrim(x_handle, '@')) ELSE linkedin_url END
                    AS place
          FROM handover_lines) AS placed
"""

# RFC 5322 and 2047: a subject outside ASCII in encoded words of at most ten signs, each of which is
# below 76 characters; the body as base64 in lines of 76.  The thread is that of the message before.
_LETTERS: Final = """
    WITH heads AS (
        SELECT *, regexp_replace(subject, '[\\r\\n]+', ' ', 'g') AS headline,
               concat(chr(13), chr(10)) AS crlf FROM handover_lines
    )
    SELECT concat(message_id, '.eml'),
           concat('From: ', list_extract($senders::VARCHAR[],
                                         list_position($mailboxes::VARCHAR[], mailbox)), crlf,
                  'To: ', email, crlf, 'Subject: ',
                  CASE WHEN regexp_full_match(headline, '[\\x20-\\x7E]*') THEN headline
                       ELSE array_to_string(list_transform(
                                range(0, CAST(ceil(length(headline) / 10.0) AS BIGINT)),
                                lambda part: concat('=?utf-8?B?', base64(encode(
                                    substr(headline, part * 10 + 1, 10))), '?=')),
                            chr(13) || chr(10) || ' ') END, crlf,
                  'Date: ', $date, crlf,
                  'Message-ID: <', message_id, '@', $domain, '>', crlf,
                  CASE WHEN answers_to IS NULL THEN ''
                       ELSE concat('In-Reply-To: <', answers_to, '@', $domain, '>', crlf,
                                   'References: <', answers_to, '@', $domain, '>', crlf) END,
                  'List-Unsubscribe: <', $unsubscribe_url, message_id, '>', crlf,
                  'List-Unsubscribe-Post: List-Unsubscribe=One-Click', crlf,
                  'X-Unsent: 1', crlf, 'MIME-Version: 1.0', crlf,
                  'Content-Type: text/plain; charset="utf-8"', crlf,
                  'Content-Transfer-Encoding: base64', crlf, crlf,
                  regexp_replace(base64(encode(replace(words, chr(10), crlf))), '(.{76})',
                                 '\\1' || chr(13) || chr(10), 'g'), crlf)
    FROM heads ORDER BY message_id
"""

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
  color: #1c1917; background: #fff }}
li {{ margin: 0 0 1.5rem; border: 1px solid #a8a29e; border-radius: .5rem; padding: 1rem }}
pre {{ white-space: pre-wrap; font: inherit; background: #f5f5f4; padding: .75rem }}
.subject {{ font-weight: 600 }} .facts {{ color: #57534e; font-size: .875rem }}
@media print {{ li {{ break-inside: avoid }} }}
</style></head><body><h1>{title}</h1><p>{told}</p>
<ol>
{cards}
</ol></body></html>
"""
_ANSWERS: Final = "Tick what is done, and record the answers."
_HAND: Final = f"LinkedIn forbids programs to do this for you. {_ANSWERS}"
_TOLD: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "linkedin_note": (
        "Invitations to write on LinkedIn",
        f"Open each profile, choose Connect and Add a note, and paste the words. {_HAND}",
    ),
    "linkedin_inmail": (
        "InMails to write on LinkedIn",
        f"Open each profile, choose Message, and paste subject and words. {_HAND}",
    ),
    "x_message": (
        "Messages to write on X",
        f"Open each profile and paste the words. Whoever takes no messages gets none. {_ANSWERS}",
    ),
    "call_snippet": (
        "Calls to make",
        f"Say the words yourself; a recording may be played with written consent only. {_ANSWERS}",
    ),
})  # fmt: skip


_CLICK: Final = re.compile(r"https://[!-;=?-~]+")  # an address within < and >


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the letters of a hand-over are from.

    Attributes:
        name: In the From line.
        mailboxes: That it is sent from.
        unsubscribe_url: Ends with the place where the message's id goes.
    """

    name: str
    mailboxes: tuple[str, ...]
    unsubscribe_url: str


def sender_of(settings: Settings, mailboxes: tuple[str, ...]) -> Sender:
    """Return who cold e-mails are from, with an address for each message that takes one click.

    Raises:
        InputError: There is no address to unsubscribe at, or it is not one that takes a click.
    """
    url = settings.brand.unsubscribe_url
    if (
        not url.startswith("https://")
        or not url.isascii()
        or any(sign in url for sign in " <>\r\n")
    ):
        raise InputError(
            "Cold e-mails need an address at which one click ends them. Set [brand] "
            "unsubscribe_url to one that begins with https://."
        )
    return Sender(settings.brand.sender_name, mailboxes, f"{url}{'&' if '?' in url else '?'}m=")


def fill_lines(store: Store, campaign_id: str, dataset_id: str, channel: str) -> int:
    """Fill the TEMP table ``handover_lines`` from ``sequence_due``; return how many there are."""
    store.run(_LINES, campaign_id=campaign_id, dataset_id=dataset_id, channel=channel)
    [(lines,)] = store.read(_COUNT)
    return int(lines)


def write_channel(
    store: Store, channel: str, folder: Path, *, sender: Sender | None, now: datetime
) -> tuple[Path, ...]:
    """Write the files of ``handover_lines`` into a folder.

    Args:
        store: In the transaction of the hand-over.
        channel: Of domain.OUTREACH_CHANNELS; it says which files there are.
        folder: Is there and is empty.
        sender: Of cold e-mails.
        now: Stands in the e-mails' Date line.
    """
    if channel == "cold_email":
        if sender is None:
            raise InputError("Cold e-mails need a sender.")
        return _write_letters(store, folder, sender, now)
    if channel == "sms":
        store.write_csv(folder / "messages.csv", _TEXTS)
        return (folder / "messages.csv",)
    if channel == "video_script":
        [(told,)] = store.read(_SCRIPTS)
        (folder / "scripts.json").write_text(f"{told}\n", "utf-8")
        return (folder / "scripts.json",)
    store.write_csv(folder / "tasks.csv", _TASKS)
    title, told = _TOLD[channel]
    [(cards,)] = store.read(_CARDS)
    page = _PAGE.format(title=title, told=told, cards=cards)
    (folder / "checklist.html").write_text(page, "utf-8")
    return folder / "tasks.csv", folder / "checklist.html"


def _write_letters(store: Store, folder: Path, sender: Sender, now: datetime) -> tuple[Path, ...]:
    """Write the list for sequencers, and one file for each e-mail, which mail programs open."""
    store.write_csv(folder / "messages.csv", _EMAILS, unsubscribe_url=sender.unsubscribe_url)
    letters = store.read(
        _LETTERS, mailboxes=list(sender.mailboxes),
        senders=[formataddr((sender.name, mailbox)) for mailbox in sender.mailboxes],
        domain=Address(addr_spec=sender.mailboxes[0]).domain, date=format_datetime(now),
        unsubscribe_url=sender.unsubscribe_url,
    )  # fmt: skip
    with zipfile.ZipFile(folder / "letters.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for name, letter in letters:  # a mailbox's day: dozens
            packed.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), letter)
    return folder / "messages.csv", folder / "letters.zip"

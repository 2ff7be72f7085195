"""When something went wrong: withdraw a source, hold a campaign, and see it through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization import approval, content
from personalization.campaign.library import refuse_own_words
from personalization.domain import is_same_person
from personalization.errors import StateError

if TYPE_CHECKING:
    from personalization.store import Store

blast_radius = content.blast_radius


withdraw_document = content.withdraw_document


expire_document = content.expire_document


withdrawal_of = content.withdrawal_of


withdrawn_version = content.withdrawn_version


def put_document_back(
    store: Store, document_id: str, *, version: int, reason: str, actor: str
) -> str:
    """Let a withdrawn document be said again: somebody else than who withdrew it, if there is one.

    The version that was withdrawn is approved again, unless the actor wrote it and nobody ever
    approved it.  One that was written since comes back as a draft, for ``approve_document``.

    Returns:
        What the document is now: approved or draft.

    Raises:
        InputError: There is no such document, or no reason.
        StateError: It was changed meanwhile, it is not withdrawn, its incident is open, or the
            actor withdrew or wrote it.
    """
    found = content.withdrawal_of(store, document_id)
    if found and is_same_person(found[1], actor) and not approval.is_alone(store, actor):
        raise StateError(
            "You withdrew this document yourself, and four eyes have to see it come back. Ask "
            "somebody else to put it back."
        )
    now = content.stored_document(store, document_id)
    if now and now.version == version == content.withdrawn_version(store, document_id):
        refuse_own_words(store, document_id, (actor,))
    return content.put_document_back(
        store, document_id, version=version, reason=reason, actor=actor
    )


report_incident = content.report_incident


hold_campaign = content.hold_campaign


add_incident_note = content.add_note


finish_task = content.finish_task


close_incident = content.close_incident


reopen_incident = content.reopen_incident


def release_campaign(
    store: Store, incident_id: str, campaign_id: str, *, reason: str, actor: str
) -> None:
    """Let a held campaign go on: somebody else than who held it decides, where there is one.

    Raises:
        InputError: There is no such incident, or no reason.
        StateError: The incident does not hold the campaign, or the actor held it.
    """
    holder = content.holder_of(store, incident_id, campaign_id)
    if is_same_person(holder, actor) and not approval.is_alone(store, actor):
        raise StateError(
            "You put this campaign on hold yourself, and four eyes have to see it go. Ask "
            "somebody else to release it."
        )
    content.release_campaign(store, incident_id, campaign_id, reason=reason, actor=actor)

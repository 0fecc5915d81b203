"""How a file gets into a channel: Slack names an address, takes the bytes there, and shows them when told where."""

from __future__ import annotations

from bot.domain.errors import PlatformUnavailable
from bot.domain.message import Attachment
from bot.platforms.slack.workspaces import Workspace

LONGEST_WORDS = 1_000


async def share(workspace: Workspace, attachment: Attachment, *, channel_id: str, thread: str) -> None:
    """`thread` "" is the channel itself. Raises DeliveryError; nobody sees a file whose last step failed."""
    words = attachment.caption[:LONGEST_WORDS]
    granted = await workspace.ask(
        lambda client: client.files_getUploadURLExternal(
            filename=attachment.name,
            length=len(attachment.content),
            alt_txt=(words or None) if attachment.is_picture else None,
        )
    )
    upload_url, file_id = str(granted.get("upload_url") or ""), str(granted.get("file_id") or "")
    if not upload_url or not file_id:
        raise PlatformUnavailable("no address to send the file to")
    await workspace.api.upload(upload_url, attachment.content)
    await workspace.ask(
        lambda client: client.files_completeUploadExternal(
            files=[{"id": file_id, "title": words or attachment.name}],
            channel_id=channel_id,
            thread_ts=thread or None,
        )
    )

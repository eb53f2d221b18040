"""What the bot is told by webhook: pushed to its address until it answers that it has it.

As with Telegram, several updates are on their way at once, of different queues; what is not answered with a
2xx comes again a little later, and what is waits no more.
"""

import asyncio
from collections.abc import Iterable

import httpx

from bot.playground.exchange import Exchange
from bot.playground.records import Update

AGAIN_AFTER = 0.5  # seconds; Telegram takes longer
ANSWERED_WITHIN = 60.0
SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of the header: Bot API, setWebhook


class Pushing:
    """Brings the bot its updates while it has a webhook."""

    def __init__(self, exchange: Exchange) -> None:
        """Push what waits in this exchange."""
        self._exchange = exchange

    async def run(self) -> None:
        """Push until cancelled."""
        async with httpx.AsyncClient(timeout=ANSWERED_WITHIN, trust_env=False) as client:
            while True:
                await self._exchange.until(self._has_any, ANSWERED_WITHIN)
                if self._has_any():
                    arrived = await asyncio.gather(*(self._push(client, update) for update in self._next()))
                    self._exchange.kept()
                    if not all(arrived):
                        await asyncio.sleep(AGAIN_AFTER)

    def _has_any(self) -> bool:
        hears = self._exchange.world.profile.webhook.get("url") and not self._exchange.faults.network_gone
        return bool(hears and self._exchange.updates.waiting())

    def _next(self) -> Iterable[Update]:
        """Return the oldest update of each queue, so many as may be on their way at once."""
        first: dict[str, Update] = {}
        for update in self._exchange.updates.waiting():
            first.setdefault(_queue_of(update), update)
        most = int(self._exchange.world.profile.webhook.get("max_connections", "40"))
        return list(first.values())[:most]

    async def _push(self, client: httpx.AsyncClient, update: Update) -> bool:
        webhook = self._exchange.world.profile.webhook
        headers = {SECRET: webhook["secret_token"]} if webhook.get("secret_token") else {}
        try:
            answer = await client.post(webhook["url"], json=update.body, headers=headers)
        except httpx.HTTPError:
            return False
        if answer.is_success:
            self._exchange.updates.arrived(update)
        return answer.is_success


def _queue_of(update: Update) -> str:
    """Return in which order it stands: a chat's messages, a person's taps, a chat's changes each have one."""
    ((kind, body),) = ((name, body) for name, body in update.body.items() if name != "update_id")
    if kind == "callback_query":
        return f"taps of {body['from']['id']}"
    return f"{'changes' if kind == 'my_chat_member' else 'messages'} of {body['chat']['id']}"

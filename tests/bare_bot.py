"""A bot of python-telegram-bot's that stores nothing: it answers each tap as soon as it hears of it.

`python -m tests.bare_bot` polls with BOT_TOKEN at BOT_API_URL until it is ended.
"""

import os
from typing import Any

from telegram import Update
from telegram.ext import ApplicationBuilder, CallbackContext, CallbackQueryHandler

ANSWER = "You said: calm. You need: rest."


async def answer(update: Update, _: CallbackContext[Any, Any, Any, Any]) -> None:
    """Answer a tap."""
    if update.callback_query is not None:
        await update.callback_query.answer(ANSWER)


if __name__ == "__main__":
    builder = ApplicationBuilder().token(os.environ["BOT_TOKEN"])
    application = builder.base_url(f"{os.environ['BOT_API_URL']}/bot").build()
    application.add_handler(CallbackQueryHandler(answer))
    application.run_polling(poll_interval=0.0)

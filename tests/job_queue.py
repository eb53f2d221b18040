"""A bot that keeps its couples' hours as jobs of python-telegram-bot's JobQueue, built anew at each start.

`python -m tests.job_queue MANY` builds one daily job for each of so many, and one that is due; it ends when
that one has run, and tells when it began. It has no network, so it is faster than it would be.
"""

import asyncio
import sys
import time
from datetime import time as hour
from typing import Any

from telegram.ext import Application, CallbackContext, JobQueue

from tests.rehearsal import BERLIN

Context = CallbackContext[Any, Any, Any, Any]
BEFORE_NINE = hour(20, 59, tzinfo=BERLIN)


async def run(many: int) -> None:
    """Build the jobs, and wait for the first prompt."""
    asked = asyncio.Event()

    async def ask(_: Context) -> None:
        asked.set()

    queue: JobQueue[Context] = JobQueue()
    application = Application.builder().token("1:of-nobody").job_queue(queue).updater(None).build()
    for number in range(many):
        queue.run_daily(ask, BEFORE_NINE, chat_id=-number, name=str(number))
    queue.run_once(ask, 0, job_kwargs={"misfire_grace_time": None})  # else it is dropped: it comes too late
    await queue.start()
    await asked.wait()
    await asyncio.sleep(0)  # that it ends in peace
    await queue.stop(wait=False)
    del application  # the queue holds it weakly


if __name__ == "__main__":
    sys.stdout.write(f"{time.monotonic()}\n")
    sys.stdout.flush()
    asyncio.run(run(int(sys.argv[1])))

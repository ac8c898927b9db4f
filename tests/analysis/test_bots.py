"""Bots: who writes to one waits for its answer; what a bot does by the clock, nobody asked for."""

import pytest

from .verdicts import cases, is_waited_for, verdict

LIVE = {
    "cog_that_another_asks_for_by_its_name": {
        "cogs/labels.py": """
            from discord.ext import commands
            from llm import aask

            class Labels(commands.Cog):
                async def label(self, text):
                    return await aask(text)  # !
            """,
        "cogs/chat.py": """
            from discord.ext import commands

            class Chat(commands.Cog):
                def __init__(self, bot):
                    self.bot = bot

                @commands.Cog.listener()
                async def on_message(self, message):
                    labels = self.bot.get_cog("Labels")
                    await message.reply(await labels.label(message.content))
            """,
    },
    "home_assistant_action_without_types": """
        import homeassistant.helpers.config_validation as cv
        from llm import aask

        def setup(hass, config):
            async def describe(call):
                return await aask(call.data["text"])  # !

            hass.services.register("labels", "describe", describe)
            return True
        """,
    "livekit_speech_to_text": """
        from livekit.agents import stt
        from llm import aask

        class Listener(stt.STT):
            async def _recognize_impl(self, buffer, *, language=None, conn_options=None):
                return await aask(buffer.text)  # !
        """,
    "slack_bolt_event": """
        from slack_bolt import App
        from llm import ask

        app = App()

        @app.event("app_mention")
        def mentioned(event, say):
            for line in event["text"].splitlines():
                say(ask(line))  # !
        """,
    "slack_bolt_lazy_listener": """
        from slack_bolt import App
        from llm import ask

        app = App()

        def acknowledge(ack):
            ack()

        def answer(command, say):
            for line in command["text"].splitlines():
                say(ask(line))  # !

        app.command("/label")(ack=acknowledge, lazy=[answer])
        """,
    "slack_bolt_async_called": """
        from slack_bolt.async_app import AsyncApp
        from llm import aask

        def install(app: AsyncApp):
            app.message("label")(answer)

        async def answer(message, say):
            for line in message["text"].splitlines():
                await say(await aask(line))  # !
        """,
    "slack_socket_mode": """
        from slack_sdk.socket_mode import SocketModeClient
        from llm import ask

        def handle(client, request):
            for line in request.payload["text"].splitlines():
                client.web_client.chat_postMessage(text=ask(line))  # !

        client = SocketModeClient(app_token="x")
        client.socket_mode_request_listeners.append(handle)
        """,
    "discord_command_of_a_cog_s_group": """
        from discord import app_commands
        from discord.ext import commands
        from llm import aask

        class Notes(commands.Cog):
            notes = app_commands.Group(name="notes", description="Notes")

            @notes.command(name="label")
            async def label(self, interaction, text: str):
                for line in text.splitlines():
                    await interaction.response.send_message(await aask(line))  # !
        """,
    "discord_command_of_a_command_that_is_a_group": """
        from discord.ext import commands
        from llm import aask

        class Notes(commands.Cog):
            @commands.hybrid_group()
            async def notes(self, ctx):
                await ctx.send("label")

            @notes.command(name="label")
            async def label(self, ctx, *, text):
                for line in text.splitlines():
                    await ctx.send(await aask(line))  # !
        """,
    "discord_client": """
        import discord
        from llm import aask

        class Bot(discord.Client):
            async def on_message(self, message):
                for line in message.content.splitlines():
                    await message.reply(await aask(line))  # !
        """,
    "discord_event": """
        import discord
        from llm import aask

        client = discord.Client()

        @client.event
        async def on_message(message):
            for line in message.content.splitlines():
                await message.reply(await aask(line))  # !
        """,
    "discord_command": """
        from discord.ext import commands
        from llm import aask

        class Labels(commands.Cog):
            @commands.command()
            async def label(self, ctx, *texts):
                for text in texts:
                    await ctx.send(await aask(text))  # !
        """,
    "discord_slash_command": """
        import discord
        from discord import app_commands
        from llm import aask

        client = discord.Client()
        tree = app_commands.CommandTree(client)

        @tree.command(name="label")
        async def label(interaction, text: str):
            for line in text.splitlines():
                await interaction.followup.send(await aask(line))  # !
        """,
    "discord_modal": """
        import discord
        from llm import aask

        class Labels(discord.ui.Modal):
            async def on_submit(self, interaction):
                for line in self.children:
                    await interaction.followup.send(await aask(line.value))  # !
        """,
    "telegram_handler": """
        from telegram.ext import Application, MessageHandler, filters
        from llm import aask

        async def answer(message, bot):
            for line in message.text.splitlines():
                await message.reply_text(await aask(line))  # !

        def main():
            application = Application.builder().token("t").build()
            application.add_handler(MessageHandler(filters.TEXT, answer))
            application.run_polling()
        """,
    "telegram_conversation": """
        from telegram.ext import CallbackQueryHandler, CommandHandler, ConversationHandler
        from llm import aask

        class Conversation:
            def build(self):
                return ConversationHandler(
                    entry_points=[CommandHandler("start", self.start)],
                    states={1: [CallbackQueryHandler(self.chosen)]},
                    fallbacks=[],
                )

            async def start(self, update, _):
                return 1

            async def chosen(self, update, _):
                for line in update.lines:
                    await update.reply(await aask(line))  # !
        """,
    "aiogram_3": """
        from aiogram import Router
        from llm import aask

        router = Router()

        @router.message()
        async def answer(message):
            for line in message.text.splitlines():
                await message.answer(await aask(line))  # !
        """,
    "aiogram_2": """
        from aiogram import Bot, Dispatcher
        from llm import aask

        dp = Dispatcher(Bot("t"))

        @dp.message_handler(commands=["label"])
        async def answer(message):
            for line in message.text.splitlines():
                await message.answer(await aask(line))  # !
        """,
    "telebot": """
        import telebot
        from llm import ask

        bot = telebot.TeleBot("t")

        @bot.message_handler(func=lambda message: True)
        def answer(message):
            for line in message.text.splitlines():
                bot.reply_to(message, ask(line))  # !
        """,
    "pyrogram": """
        from pyrogram import Client
        from llm import aask

        app = Client("me")

        @app.on_message()
        async def answer(client, message):
            for line in message.text.splitlines():
                await message.reply(await aask(line))  # !
        """,
    "telethon": """
        from telethon import TelegramClient, events
        from llm import aask

        client = TelegramClient("me", 1, "h")

        @client.on(events.NewMessage)
        async def answer(event):
            for line in event.text.splitlines():
                await event.reply(await aask(line))  # !
        """,
    "twilio_voice": """
        from twilio.twiml.voice_response import VoiceResponse
        from llm import ask

        def answer(said):
            response = VoiceResponse()
            for line in said:
                response.say(ask(line))  # !
            return response
        """,
    "teams": """
        from botbuilder.core import ActivityHandler
        from llm import aask

        class Bot(ActivityHandler):
            async def on_message_activity(self, turn_context):
                for line in turn_context.activity.text.splitlines():
                    await turn_context.send_activity(await aask(line))  # !
        """,
    "line": """
        from linebot.v3 import WebhookHandler
        from llm import ask

        handler = WebhookHandler("secret")

        @handler.add(object)
        def answer(event):
            for line in event.message.text.splitlines():
                print(ask(line))  # !
        """,
    "nonebot": """
        from nonebot import on_command
        from llm import aask

        label = on_command("label")

        @label.handle()
        async def answer(event):
            for line in event.lines:
                await label.send(await aask(line))  # !
        """,
    "matrix": """
        from nio import AsyncClient, RoomMessageText
        from llm import aask

        async def answer(room, event):
            for line in event.body.splitlines():
                print(await aask(line))  # !

        client = AsyncClient("https://matrix.example.org")
        client.add_event_callback(answer, RoomMessageText)
        """,
    "mautrix": """
        from mautrix.client import Client
        from mautrix.types import EventType
        from llm import aask

        async def answer(event):
            for line in event.content.body.splitlines():
                print(await aask(line))  # !

        client = Client(base_url="https://matrix.example.org")
        client.add_event_handler(EventType.ROOM_MESSAGE, answer)
        """,
    "rasa": """
        from rasa_sdk import Action
        from llm import ask

        class Label(Action):
            def run(self, dispatcher, tracker, domain):
                for line in tracker.lines:
                    dispatcher.utter_message(ask(line))  # !
        """,
    "alexa": """
        from ask_sdk_core.dispatch_components import AbstractRequestHandler
        from llm import ask

        class Label(AbstractRequestHandler):
            def handle(self, handler_input):
                return [ask(line) for line in handler_input.lines]  # !
        """,
    "livekit": """
        from livekit.agents import Agent
        from llm import aask

        class Voice(Agent):
            async def on_user_turn_completed(self, turn_ctx, new_message):
                for line in new_message.lines:
                    turn_ctx.add(await aask(line))  # !
        """,
    "pipecat": """
        from pipecat.processors.frame_processor import FrameProcessor
        from llm import aask

        class Labels(FrameProcessor):
            async def process_frame(self, frame, direction):
                for line in frame.lines:
                    await self.push_frame(await aask(line))  # !
        """,
    "home_assistant_conversation": """
        from homeassistant.components import conversation
        from llm import aask

        class Agent(conversation.ConversationEntity):
            async def _async_handle_message(self, user_input, chat_log):
                for line in user_input.text.splitlines():
                    chat_log.add(await aask(line))  # !
        """,
    "home_assistant_service": """
        from homeassistant.core import HomeAssistant
        from llm import aask

        async def async_setup(hass: HomeAssistant, config):
            async def label(call):
                return [await aask(line) for line in call.data["lines"]]  # !

            hass.services.async_register("labels", "label", label)
        """,
    "microphone": """
        import speech_recognition as sr
        from llm import ask

        def main():
            recognizer = sr.Recognizer()
            with sr.Microphone() as source:
                for _ in iter(int, 1):
                    print(ask(recognizer.recognize_google(recognizer.listen(source))))  # !
        """,
}

OFFLINE = {
    "slack_report_of_a_nightly_job": """
        import schedule
        from slack_sdk import WebClient
        from llm import ask

        slack = WebClient("t")

        def report():
            for ticket in slack.conversations_history(channel="support")["messages"]:
                slack.chat_postMessage(channel="reports", text=ask(ticket["text"]))  # !

        schedule.every().day.at("02:00").do(report)
        """,
    "discord_daily_loop": """
        from discord.ext import commands, tasks
        from llm import aask

        class Digest(commands.Cog):
            @tasks.loop(hours=24)
            async def digest(self):
                for channel in self.channels:
                    await channel.send(await aask(channel.history))  # !
        """,
    "telegram_daily_job": """
        from telegram.ext import Application
        from llm import aask

        async def digest(bot):
            for chat in bot.chats:
                await chat.send(await aask(chat.history))  # !

        application = Application.builder().token("t").build()
        application.job_queue.run_daily(digest, time=None)
        """,
    "aiogram_broadcast": """
        import asyncio
        from aiogram import Bot
        from llm import aask

        async def main():
            bot = Bot("t")
            for line in open("subscribers.csv"):
                await bot.send_message(line, await aask(line))  # !

        asyncio.run(main())
        """,
    "twilio_campaign": """
        from twilio.rest import Client
        from llm import ask

        if __name__ == "__main__":
            for line in open("customers.csv"):
                Client().messages.create(to=line, body=ask(line))  # !
        """,
    "telethon_archive": """
        from telethon.sync import TelegramClient
        from llm import ask

        if __name__ == "__main__":
            with TelegramClient("me", 1, "h") as client:
                for message in client.iter_messages("news"):
                    print(ask(message.text))  # !
        """,
    "home_assistant_nightly": """
        from homeassistant.core import HomeAssistant
        from homeassistant.helpers.event import async_track_time_change
        from llm import aask

        async def async_setup(hass: HomeAssistant, config):
            async def tidy(now):
                for line in hass.data["log"]:
                    print(await aask(line))  # !

            async_track_time_change(hass, tidy, hour=3, minute=0, second=0)
        """,
    "transcripts_of_calls": """
        import speech_recognition as sr
        from llm import ask

        if __name__ == "__main__":
            recognizer = sr.Recognizer()
            for name in open("recordings.txt"):
                with sr.AudioFile(name) as source:
                    print(ask(recognizer.recognize_google(recognizer.record(source))))  # !
        """,
}


@pytest.mark.parametrize("program", cases(LIVE))
def test_who_writes_to_a_bot_waits(program):
    assert is_waited_for(program)


@pytest.mark.parametrize("program", cases(OFFLINE))
def test_what_a_bot_does_unasked_is_batchable(program):
    assert verdict(program) == "batchable"


def test_a_discord_loop_every_two_minutes_is_too_often_for_a_batch():
    program = """
        from discord.ext import tasks
        from llm import aask

        @tasks.loop(minutes=2)
        async def watch(lines=()):
            for line in lines:
                print(await aask(line))  # !
        """
    assert verdict(program) == "realtime"


def test_a_telegram_job_every_minute_is_too_often_for_a_batch():
    program = """
        from telegram.ext import Application
        from llm import aask

        async def watch(bot):
            for line in bot.lines:
                print(await aask(line))  # !

        application = Application.builder().token("t").build()
        application.job_queue.run_repeating(watch, interval=60, first=10)
        """
    assert verdict(program) == "realtime"


POLLED = """
    import threading
    import time
    from llm import ask

    class Channel:
        def __init__(self):
            self.inbox = []
            threading.Thread(target=self.consume, daemon=True).start()

        def consume(self):
            while True:
                for text in list(self.inbox):
                    self.reply(text)
                time.sleep({pause})

        def reply(self, text):
            print(ask(text))  # !

    if __name__ == "__main__":
        Channel()
        while True:
            time.sleep(1)
    """


def test_a_thread_that_looks_for_messages_all_the_time_is_no_script():
    assert verdict(POLLED.format(pause=0.2)) == "unclear"
    assert verdict(POLLED.format(pause=24 * 3600)) == "batchable"


def test_a_script_that_keeps_a_scheduler_alive_is_a_script():
    program = """
        import time
        import schedule
        from llm import ask

        def job():
            for line in open("lines.txt"):
                print(ask(line))  # !

        if __name__ == "__main__":
            job()
            schedule.every().day.do(job)
            while True:
                schedule.run_pending()
                time.sleep(1)
        """
    assert verdict(program) == "batchable"


def test_what_is_handed_to_a_bot_is_not_run_by_whoever_starts_it():
    program = """
        from discord.ext import commands
        from llm import ask

        class Index(commands.Cog):
            async def build(self, channel):
                async for message in channel.history():
                    print(ask(message.content))  # !

        def main():
            bot = commands.Bot("!")
            index = Index()
            bot.add_cog(index)
            {start}

        if __name__ == "__main__":
            main()
        """
    assert verdict(program.format(start="bot.run('token')")) == "unclear"
    assert verdict(program.format(start="asyncio.run(index.build(open_channel()))")) == "batchable"


def test_a_group_in_a_class_that_is_no_bot_s_is_none():
    program = """
        from steps import Group
        from llm import ask

        class Notes:
            steps = Group()

            @steps.command(name="label")
            def label(self, text):
                for line in text.splitlines():
                    print(ask(line))  # !

        if __name__ == "__main__":
            for path in open("paths.txt"):
                Notes().label(open(path).read())
        """
    assert verdict(program) == "batchable"


POLLING = """
    import requests
    from llm import ask

    API = "https://api.telegram.org/bot123"

    class Api:
        def get_updates(self, offset):
            return requests.get(f"{API}/getUpdates", params={"offset": offset, "timeout": 30}).json()["result"]

    def send(chat, text):
        requests.post(f"{API}/sendMessage", json={"chat_id": chat, "text": text})

    def main():
        api, offset = Api(), None
        {loop}

    if __name__ == "__main__":
        main()
    """
ANSWERS = """
            for update in updates:
                offset = update["update_id"] + 1
                send(update["chat"], ask(update["text"]))  # !"""
ENDLESS = {
    "a method of the project": "while True:\n            updates = api.get_updates(offset)" + ANSWERS,
    "until the connection is closed": """while True:
            updates = api.get_updates(offset)
            if updates is None:
                break"""
    + ANSWERS,
    "the messenger's own": """while True:
            try:
                updates = requests.get(f"{API}/getUpdates", params={"offset": offset}).json()["result"]
            except KeyboardInterrupt:
                break"""
    + ANSWERS,
}
ENDING = {
    "what has come since the last run": "for updates in [api.get_updates(offset)]:" + ANSWERS,
    "until nothing is left": """while True:
            updates = api.get_updates(offset)
            if not updates:
                break"""
    + ANSWERS,
    "a loop that takes nothing from others": """while True:
            updates = [{"update_id": 1, "chat": 2, "text": f"a story of {offset}"}]"""
    + ANSWERS,
}


@pytest.mark.parametrize("loop", ENDLESS.values(), ids=ENDLESS)
def test_an_endless_loop_over_what_people_send_may_have_them_wait(loop: str) -> None:
    assert verdict(POLLING.replace("{loop}", loop)) == "unclear"


@pytest.mark.parametrize("loop", ENDING.values(), ids=ENDING)
def test_a_loop_that_ends_has_nobody_wait(loop: str) -> None:
    assert verdict(POLLING.replace("{loop}", loop)) == "batchable"


WATCHING = """
    from llm import ask
    from watchdog.events import FileSystemEventHandler
    from watchdog.observers import Observer
    import glob

    class Handler({base}):
        def on_created(self, event):
            for line in open(event.src_path):
                print(ask(line))  # !

    if __name__ == "__main__":
        {start}
    """
OBSERVED = 'Observer().schedule(Handler(), "inbox")'
CALLED = """for path in glob.glob("inbox/*"):
            Handler().on_created(path)"""


@pytest.mark.parametrize(
    ("base", "start", "expected"),
    [("FileSystemEventHandler", OBSERVED, "unclear"), ("object", CALLED, "batchable")],
    ids=["who put the file there may look", "a run over a folder"],
)
def test_a_file_that_is_watched_for_may_be_somebodys(base: str, start: str, expected: str) -> None:
    assert verdict(WATCHING.replace("{base}", base).replace("{start}", start)) == expected


ASKED_HOW_IT_IS = """
    import asyncio
    from discord.ext import commands
    from llm import ask

    class Bot(commands.Bot):
        async def sum_up(self):
            for line in open("messages.txt"):
                print(ask(line))  # !

        {event}

    async def watch(bot):
        while True:
            await asyncio.sleep(30)
            if not bot.is_ready():
                await bot.close()

    async def nightly(bot):
        while True:
            await asyncio.sleep(86400)
            await bot.sum_up()

    async def main():
        bot = Bot("!")
        await asyncio.gather(bot.start("token"), watch(bot), nightly(bot))

    asyncio.run(main())
    """


@pytest.mark.parametrize(
    ("event", "expected"),
    [("", "batchable"), ("async def on_message(self, message):\n            await self.sum_up()", "realtime")],
    ids=["asked how it is", "event"],
)
def test_who_asks_a_bot_how_it_is_runs_none_of_its_methods(event: str, expected: str) -> None:
    assert verdict(ASKED_HOW_IT_IS.replace("{event}", event)) == expected


LISTENER = """
    {imports}
    from llm import ask

    def work(event):
        for line in event.text.splitlines():
            print(ask(line))  # !

    if __name__ == "__main__":
        {start}
    """


@pytest.mark.parametrize(
    ("imports", "start", "expected"),
    [
        ("from homechat import Client", "client = Client(); client.add_event_handler('text', work)", "unclear"),
        ("from homechat import Client", "client = Client(); client.subscribe('news', callback=work)", "unclear"),
        ("from homechat import client", "client.on_message(work); client.run()", "unclear"),
        # It is only given away.
        ("from homechat import texts", "texts().apply_to_all(work)", "batchable"),
        ("from chat import Client", "Client().add_event_handler(work)", "batchable"),
    ],
)
def test_what_a_library_calls_when_something_comes_may_answer_somebody(imports: str, start: str, expected: str) -> None:
    chat = """
        class Client:
            def add_event_handler(self, function):
                for event in open("events.txt"):
                    function(event)
        """
    assert verdict({"app.py": LISTENER.format(imports=imports, start=start), "chat.py": chat}) == expected

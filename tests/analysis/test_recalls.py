"""Tasks that keep what a turn of a conversation said for the next ones, and twins that keep what these never read."""

import pytest

from .verdicts import verdict

MODELS = """
    from django.db import models

    class Memory(models.Model):
        text = models.TextField()

    class Report(models.Model):
        text = models.TextField()
    """
TASKS = """
    from celery import shared_task
    from telebot import TeleBot
    from llm import ask
    from models import Memory, Report

    bot = TeleBot("token")

    @shared_task
    def keep(text):
        {kind}.objects.create(text=ask(f"What is worth keeping of this? {text}"))  # !

    def known(text):
        return [each.text for each in Memory.objects.filter(text__contains=text)]

    @shared_task
    def answer(chat, text):
        keep.delay(text)
        {turn}
        bot.send_message(chat, found)
    """
VIEWS = """
    from django.http import HttpResponse
    from django.urls import path
    from tasks import answer

    def hook(request):
        answer.delay(request.POST["chat"], request.POST["text"])
        return HttpResponse("")

    urlpatterns = [path("hook", hook)]
    """
ASKS = "found = ask(str(known(text)) + text)"


@pytest.mark.parametrize(
    ("kind", "turn", "expected"),
    [
        ("Memory", ASKS, "unclear"),
        ("Report", ASKS, "batchable"),
        ("Memory", "found = ask(text)", "batchable"),
        ("Memory", "found = ask(text) if not Memory.objects.filter(text=text).exists() else ''", "batchable"),
        ("Memory", "found = ask(text + Memory.objects.filter(text=text).first().text)", "unclear"),
        ("Memory", "found = str(known(text))", "batchable"),
    ],
    ids=[
        "the next turn asks with it",
        "nothing reads it",
        "the turn reads nothing",
        "it looks whether there is one",
        "it reads one",
        "the turn asks no model",
    ],
)
def test_what_the_next_turn_asks_with_may_be_needed_soon(kind, turn, expected):
    tasks = TASKS.replace("{kind}", kind).replace("{turn}", turn)
    assert verdict({"models.py": MODELS, "tasks.py": tasks, "views.py": VIEWS}) == expected


def test_a_nightly_run_that_does_so_has_nobody_wait():
    nightly = """
        from apscheduler.schedulers.blocking import BlockingScheduler
        from tasks import keep, known
        from llm import ask

        scheduler = BlockingScheduler()

        @scheduler.scheduled_job("cron", hour=2)
        def run():
            for line in open("log.txt"):
                keep.delay(line)
                print(ask(str(known(line))))
        """
    tasks = TASKS.replace("{kind}", "Memory").partition("    @shared_task\n    def answer")[0]
    assert verdict({"models.py": MODELS, "tasks.py": tasks, "app.py": nightly}) == "batchable"

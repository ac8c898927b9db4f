"""Rows that ask a model as they are stored: whoever has a form or a view store them waits."""

import pytest

from .verdicts import verdict

PROGRAM = {
    "shop/models.py": """
        from django.db import models
        from llm import ask

        class Note(models.Model):
            text = models.TextField()

            def save(self, *args, **kwargs):
                self.label = ask(self.text)  # !
                super().save(*args, **kwargs)

        class Page(models.Model):
            text = models.TextField()
        """,
    "shop/management/commands/label.py": """
        from django.core.management.base import BaseCommand
        from shop.models import Note

        class Command(BaseCommand):
            def handle(self, *args, **options):
                for note in Note.objects.all():
                    note.save()
        """,
    "shop/forms.py": """
        from django import forms
        from rest_framework import serializers
        from shop.models import Note, Page

        class NoteForm(forms.ModelForm):
            class Meta:
                model = Note
                fields = ["text"]

        class LongNoteForm(NoteForm):
            pass

        class PageForm(forms.ModelForm):
            class Meta:
                model = Page

        class NoteSerializer(serializers.ModelSerializer):
            class Meta:
                model = Note
        """,
}
VIEW = """
    from django.shortcuts import redirect
    from django.urls import path
    from shop.forms import LongNoteForm, NoteForm, NoteSerializer, PageForm
    from shop.models import Note, Page

    def add(request):
        {body}
        return redirect("/")

    urlpatterns = [path("add", add)]
    """


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("NoteForm(request.POST).save()", "realtime"),
        ("LongNoteForm(request.POST).save()", "realtime"),
        ("note = NoteForm(request.POST).save(commit=False); note.user = request.user; note.save()", "realtime"),
        ("serializer = NoteSerializer(data=request.POST); serializer.save()", "realtime"),
        ("Note.objects.create(text=request.POST['text'])", "realtime"),
        ("note, made = Note.objects.get_or_create(text=request.POST['text'])", "realtime"),
        ("PageForm(request.POST).save()", "batchable"),
        ("page = PageForm(request.POST).save(commit=False); page.save()", "batchable"),
        ("Page.objects.create(text=request.POST['text'])", "batchable"),
        ("NoteForm(request.POST).is_valid()", "batchable"),
        ("Note.objects.bulk_create([Note(text=text) for text in request.POST['texts']])", "batchable"),
    ],
)
def test_a_form_or_a_query_that_stores_a_row_asks_with_it(body: str, expected: str):
    assert verdict({**PROGRAM, "shop/views.py": VIEW.format(body=body)}) == expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("from django.contrib import admin\nadmin.site.register({row})", "unclear"),
        ("from django.contrib import admin\nadmin.site.register([{row}, User])", "unclear"),
        (
            "from django.contrib import admin\n@admin.register({row})\nclass Rows(admin.ModelAdmin):\n    pass",
            "unclear",
        ),
        (
            "from django.views.generic import CreateView\nclass Add(CreateView):\n    model = {row}",
            "realtime",
        ),
        (
            "from django.views.generic.edit import UpdateView\nclass Edit(UpdateView):\n    form_class = {row}Form",
            "realtime",
        ),
        (
            "from rest_framework.viewsets import ModelViewSet\n"
            "class Rows(ModelViewSet):\n    queryset = {row}.objects.all()",
            "realtime",
        ),
        ("from django.views.generic import ListView\nclass Rows(ListView):\n    model = {row}", "batchable"),
        ("from shop.names import registry\nregistry.register({row})", "batchable"),
    ],
)
def test_a_page_on_which_somebody_stores_rows(page: str, expected: str):
    heads = "from django.contrib.auth.models import User\nfrom shop.forms import NoteForm, PageForm\n"
    text = heads + "from shop.models import Note, Page\n" + page
    assert verdict({**PROGRAM, "shop/pages.py": text.format(row="Note")}) == expected
    assert verdict({**PROGRAM, "shop/pages.py": text.format(row="Page")}) == "batchable"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "batchable"),
        ('update_fields=["label"]', "batchable"),
        ('update_fields=["rank"]', "realtime"),
        ("update_fields=changed", "realtime"),
        ("force_update=True", "batchable"),
    ],
)
def test_a_row_that_stores_other_fields_only_does_not_store_the_answer(given: str, expected: str) -> None:
    command = f"""
        from django.core.management.base import BaseCommand
        from shop.models import Note
        from shop.ranks import rank

        class Command(BaseCommand):
            def handle(self, *args, **options):
                for note in Note.objects.all():
                    changed = rank(note)
                    note.save({given})  # !
        """
    models = PROGRAM["shop/models.py"].replace("  # !", "")
    assert verdict({"shop/models.py": models, "shop/management/commands/rank.py": command}) == expected

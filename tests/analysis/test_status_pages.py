"""Routes of their own that tell how far something is: whoever sent it in asks them until it is done."""

import pytest

from .verdicts import verdict

PROGRAM = """
    from celery import shared_task
    from fastapi import FastAPI
    from sqlalchemy import Column, Integer, String, select
    from sqlalchemy.orm import declarative_base
    from llm import ask

    api = FastAPI()

    class Note(declarative_base()):
        id = Column(Integer, primary_key=True)
        text = Column(String)
        embeddings_status = Column(String)
        label = Column(String)

    def settle(session, id, value):
        session.get(Note, id).{set} = value

    @shared_task
    def label(session, id):
        for part in session.get(Note, id).text.split("."):
            session.add(Note(label=ask(part)))  # !
        settle(session, id, "done")

    @api.post("/notes")
    def create(text: str, session):
        note = Note(text=text)
        session.add(note)
        {started}
        return {{"id": note.id}}

    def look(session, id):
        return session.scalar(select({read}).where(Note.id == id))

    @api.get("{path}")
    def tell(id: int, session):
        return {{"told": look(session, id)}}
    """
USUAL = {
    "set": "embeddings_status",
    "read": "Note.embeddings_status",
    "path": "/notes/{id}/status",
    "started": "label.delay(note.id)",
}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, "realtime"),
        ({"path": "/notes/{id}/label-status"}, "realtime"),
        ({"path": "/notes/{id}/progress/"}, "realtime"),
        ({"path": "/notes/{id}/label"}, "batchable"),
        ({"path": "/status"}, "batchable"),
        ({"read": "Note.label"}, "batchable"),
        ({"set": "text"}, "batchable"),
    ],
    ids=["its state", "of what", "how far", "another thing", "of the service", "another column", "no state"],
)
def test_a_page_may_ask_a_route_of_its_own(other: dict[str, str], expected: str) -> None:
    assert verdict(PROGRAM.format(**{**USUAL, **other})) == expected


def test_what_no_route_enqueues_nobody_asks_for() -> None:
    program = (
        PROGRAM.format(**{**USUAL, "started": "pass"})
        + """
    if __name__ == "__main__":
        for number in range(9):
            label.delay(None, number)
    """
    )
    assert verdict(program) == "batchable"

"""Games and talks of several objects: whether one is told what the others were answered."""

import pytest

from .verdicts import verdict


def filled(source: str, **parts: str) -> str:
    for name, text in parts.items():
        source = source.replace(f"<{name}>", text)
    return source


GAME = """
    import json
    import sys
    from llm import ask

    class Player:
        def __init__(self, name):
            self.name, self.alive = name, True
            self.heard = []
            self.notes = []

        def hear(self, text):
            self.heard.append(text)

        def about(self):
            return f"You are {self.name}. " + "\\n".join(self.heard[-5:])

        def speak(self, state):
            return ask(self.about() + str(state))

    class Game:
        def __init__(self, names):
            self.players = {name: Player(name) for name in names}
            self.said = []

        def tell(self, text):
            for each in self.players.values():
                each.heard.append(text)

        def write(self, player, text):
            for note in player.notes:
                note.heard.append(text)

        def day(self):
            for player in self.players.values():
                text = player.speak("day")  # !
                self.said.append(text)
                <after>

    def main():
        game = Game(open(sys.argv[1]).read().split())
        <run>
        json.dump(game.said, open(sys.argv[2], "w"))

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    "after",
    [
        "for other in self.players.values():\n                    other.heard.append(text)",
        "for other in self.players.values():\n                    other.heard = [*other.heard, text]",
        "for other in self.players.values():\n                    other.hear(text)",
        "[other.hear(text) for other in self.players.values() if other is not player]",
        "self.tell(text)",
    ],
    ids=["added", "assigned", "method", "comprehension", "helper"],
)
def test_who_speaks_has_heard_those_before(after: str) -> None:
    assert verdict(filled(GAME, after=after, run="game.day()")) == "realtime"


@pytest.mark.parametrize(
    "after",
    [
        "pass",
        "player.done = text",
        "for other in self.players.values():\n                    other.seen = text",
        "for other in self.players.values():\n                    other.heard.append(player.name)",
        "for note in player.notes:\n                    note.heard.append(text)",
        "self.write(player, text)",
    ],
    ids=["kept", "its own", "not asked with", "not the answer", "a part of its own", "helper for its own"],
)
def test_who_speaks_has_heard_nothing(after: str) -> None:
    assert verdict(filled(GAME, after=after, run="game.day()")) == "batchable"


VOTES = """
    import json
    import sys
    from collections import Counter
    from llm import ask

    class Player:
        def __init__(self, name):
            self.name, self.alive = name, True

        def vote(self, names):
            return ask(f"You are {self.name}. Whom of {names}?")

    class Game:
        def __init__(self, names):
            self.players = [Player(name) for name in names]
            self.log = []

        def left(self):
            return [player for player in self.players if player.alive]

        def round(self):
            names = [player.name for player in self.left()]
            votes = []
            for player in self.left():
                votes.append(player.vote(names))  # !
            out = Counter(votes).most_common(1)[0][0]
            self.log.append(out)
            <after>

    def main():
        game = Game(open(sys.argv[1]).read().split())
        <run>
        json.dump(game.log, open(sys.argv[2], "w"))

    if __name__ == "__main__":
        main()
    """
PICKED = "chosen = next(p for p in self.players if p.name == out); chosen.alive = False"
FOUND = "for p in self.players:\n                if p.name == out:\n                    p.alive = False"
ROUNDS = "for _ in range(20):\n            game.round()"


@pytest.mark.parametrize("after", [PICKED, FOUND])
def test_whom_an_answer_picks_the_next_requests_leave_out(after: str) -> None:
    assert verdict(filled(VOTES, after=after, run=ROUNDS)) == "realtime"


@pytest.mark.parametrize(
    ("after", "run"),
    [
        (PICKED, "game.round()"),
        (PICKED.replace("alive", "marked"), ROUNDS),
        (PICKED.replace("== out", '== "x"'), ROUNDS),
        ("pass", ROUNDS),
    ],
    ids=["once", "nothing that is asked", "not by the answer", "nothing changed"],
)
def test_nothing_that_is_asked_hinges_on_who_was_picked(after: str, run: str) -> None:
    assert verdict(filled(VOTES, after=after, run=run)) == "batchable"


TALK = """
    import json
    import sys
    from llm import ask

    class Talk:
        def __init__(self, topics):
            self.topics, self.history, self.sums = topics, [], []

        def turn(self, number=0):
            text = ask("\\n".join(self.history))
            self.<kept>.append(text)
            for topic in self.topics:
                self.sums.append(ask(topic))  # !

    def main():
        <make>
        <loop>:
            <before>
            talk.turn(<given>)
        json.dump(talk.sums, open(sys.argv[1], "w"))

    if __name__ == "__main__":
        main()
    """


def talk(
    loop: str, *, kept: str = "history", make: str = "talk = Talk(sys.argv)", before: str = "pass", given: str = ""
) -> str:
    return verdict(filled(TALK, loop=loop, kept=kept, make=make, before=before, given=given))


@pytest.mark.parametrize(
    ("loop", "given"),
    [("for _ in range(50)", ""), ("for number in range(50)", "number"), ("while len(talk.sums) < 90", "")],
)
def test_all_that_a_turn_asks_waits_for_the_turn_before(loop: str, given: str) -> None:
    assert talk(loop, given=given) == "realtime"
    assert talk(loop, given=given, kept="sums") == "batchable"


def test_turns_of_objects_or_items_of_their_own_do_not_wait() -> None:
    assert talk("for _ in range(50)", make="talk = None", before="talk = Talk(sys.argv)") == "batchable"
    assert talk("for row in open(sys.argv[1])", given="row") == "batchable"
    assert talk("for row in open(sys.argv[1])", before="talk.topics = [row]") == "batchable"


def test_a_few_turns_with_many_requests_each_are_rounds() -> None:
    assert talk("for _ in range(3)") == "batchable"


WORLD = """
    import json
    import sys
    import db
    from llm import ask

    class World:
        limit = 5

        def __init__(self, places):
            self.places, self.log, self.kept, self.rows = {}, [], {}, db.connect()
            self.given = places

        def observe(self, name):
            return <seen>

        def apply(self, name, action):
            <done>

        def _set(self, name, value):
            self.places[name] = value

    class Agent:
        def __init__(self, name):
            self.name = name

        def act(self, seen):
            return ask(seen)

        def look(self, world):
            return ask(f"{self.name}: {world.places}")

    def main():
        world = World(sys.argv[1:])
        for name in open(sys.argv[1]):
            agent = Agent(name)
            <before>
            action = <asked>  # !
            world.apply(name, action)
        json.dump(world.log, open(sys.argv[2], "w"))

    if __name__ == "__main__":
        main()
    """
LOOKS = 'f"{name} sees {self.places}"'
SETS = "self.places[name] = action"


def world(
    seen: str = LOOKS, done: str = SETS, before: str = "pass", asked: str = "agent.act(world.observe(name))"
) -> str:
    return verdict(filled(WORLD, seen=seen, done=done, before=before, asked=asked))


@pytest.mark.parametrize(
    ("seen", "done"),
    [
        (LOOKS, SETS),
        (LOOKS, "self._set(name, action)"),
        ('"\\n".join(self.log[-3:])', "self.log.append(action)"),
        ('" ".join(self.places.values())', SETS),
    ],
)
def test_what_the_world_becomes_by_an_answer_the_next_one_sees(seen: str, done: str) -> None:
    assert world(seen, done) == "realtime"


def test_the_world_may_be_looked_at_in_front_of_the_request_or_behind_the_call() -> None:
    assert world(before="seen = world.observe(name)", asked="agent.act(seen)") == "realtime"
    assert world(before="seen = str(world.places)", asked="agent.act(seen)") == "realtime"
    assert world(asked="agent.look(world)") == "realtime"


@pytest.mark.parametrize(
    ("seen", "done"),
    [
        (LOOKS, "self.log.append(action)"),
        (LOOKS, "self.places[name] = name"),
        ("self.kept[name]", "self.kept[name] = action"),
        ('self.kept.get(name, "")', "self.kept[name] = action"),
        ('"new" if name not in self.kept else "old"', "self.kept[name] = action"),
        ("self.rows.query(name).first()", "self.rows.add(action)"),
    ],
    ids=["a log", "no answer", "its own item", "its own, if any", "what is done", "a store"],
)
def test_what_the_world_keeps_no_other_request_holds(seen: str, done: str) -> None:
    assert world(seen, done) == "batchable"


def test_a_world_of_its_own_is_no_other_s() -> None:
    assert world(before="world = World([name])") == "batchable"


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        ("row.update(world.observe(name))", "batchable"),
        ("row.update(world.observe(name)); rows.append(row)", "batchable"),
        ("rows.append(world.observe(name))", "realtime"),
    ],
    ids=["its own", "its own, which is kept", "what all are asked with"],
)
def test_what_a_turn_does_with_its_own_item_behind_the_call(behind: str, expected: str) -> None:
    source = WORLD.replace("for name in open", "rows = []\n        for name, row in json.load").replace(
        "world.apply(name, action)", "world.apply(name, action)\n            " + behind
    )
    asked = "ask(str(row))" if expected == "batchable" else "ask(str(row) + str(rows))"
    assert verdict(filled(source, seen=LOOKS, done=SETS, before="pass", asked=asked)) == expected

import io
import json
import re
import xml.etree.ElementTree as ET

import pytest

from batchlint.findings import (
    BatchTier,
    CallSite,
    Context,
    Factor,
    FileError,
    Finding,
    Latency,
    Report,
    Rewrite,
    Step,
    Verdict,
)
from batchlint.reporters import FORMATS, explain, render
from batchlint.reporters.view import View, relocate

SOURCE = "    text = summarise(review)  # naïve"


def site(**changes):
    base = CallSite(
        path="shop/nightly.py",
        line=41,
        column=12,
        end_line=41,
        end_column=29,
        function="refresh",
        provider="openai",
        endpoint="/v1/chat/completions",
        call="summarise(review)",
        verdict=Verdict.BATCHABLE,
        score=91,
        rule="RTB101",
        latency=Latency.HOURS,
        shape="helper_in_loop",
        factors=(
            Factor("schedule", 40, "a crontab line starts it at 02:00", "crontab", 3),
            Factor("loop", 25, "once per review", "shop/nightly.py", 40),
            Factor("printed", -4, "the answer is logged", "shop/nightly.py", 42),
        ),
        contexts=(
            Context(
                "schedule",
                Latency.HOURS,
                (Step("crontab", 3, "0 2 * * * python -m shop.nightly"), Step("shop/nightly.py", 52, "main()")),
            ),
        ),
        via=(Step("shop/llm.py", 18, "client.chat.completions.create"),),
        batch=BatchTier(0.5, 24, "https://example.com/batch", "2026-11-01"),
        rewrite=Rewrite(True, "batch"),
    )
    return base._replace(**changes)


def finding(of):
    message = "realtime model call in a scheduled job"
    return Finding(of.path, of.line, of.column, of.rule or "RTB199", message, of)


def report(*sites, errors=(), others=()):
    return Report("/project", (*sites, *others), tuple(finding(s) for s in sites), tuple(errors), 23)


def view(made, **options):
    def line(path, number):
        return SOURCE if (path, number) == ("shop/nightly.py", 41) else None

    return View(made, line=line, **options)


REFUSED = site(
    line=60, rewrite=Rewrite(False, reason="dependent-iterations", detail="the next prompt holds the answer")
)
LIVE = site(path="shop/web.py", line=7, verdict=Verdict.REALTIME, rule=None, score=3, latency=Latency.REALTIME)


def test_rich_tells_the_whole_story_of_a_finding():
    text = render("rich", view(report(site())))
    assert text.splitlines()[0] == ("shop/nightly.py:41:12 RTB101 realtime model call in a scheduled job (score 91)")
    assert "41 │ text = summarise(review)" in text
    mark = next(line for line in text.splitlines() if "^" in line)
    source = next(line for line in text.splitlines() if "41 │" in line)
    assert source[mark.index("^") : mark.rindex("^") + 1] == "summarise(review)"
    order = ["crontab:3", "shop/nightly.py:52", "shop/nightly.py:41  ", "shop/llm.py:18"]
    places = [text.index(place) for place in order]
    assert places == sorted(places)
    assert "nobody: a crontab line starts it at 02:00; once per review" in text
    assert "openai batch API, /v1/chat/completions: 50 % less, answers within 24 h (as of 2026-11-01)" in text
    assert "`batchlint fix` rewrites it (batch)" in text
    assert "https://example.com/batch, 2026-11-01" in text
    assert text.endswith("Found 1 finding in 23 files; `batchlint fix` can rewrite 1.\n")


def test_rich_gives_what_to_review_a_line_each_and_counts_the_rest():
    notes = tuple(f"look at step {number}" for number in range(1, 8))
    text = render("rich", view(report(site(rewrite=Rewrite(True, "batch", detail="; ".join(notes), notes=notes)))))
    start = next(i for i, line in enumerate(text.splitlines()) if "fix" in line)
    shown = [line.strip() for line in text.splitlines()[start : start + 6]]
    assert shown[0].endswith("rewrites it (batch); to review:")
    assert shown[1:5] == [f"- {note}" for note in notes[:4]]
    assert shown[5] == "- 3 more: `batchlint fix --diff` lists them"


def test_rich_gives_a_single_thing_to_review_beside_the_strategy():
    one = Rewrite(True, "batch", detail="look at step 1", notes=("look at step 1",))
    assert "rewrites it (batch): look at step 1\n" in render("rich", view(report(site(rewrite=one))))


def test_rich_names_the_refusal_and_promises_nothing_without_a_tier():
    text = render("rich", view(report(REFUSED._replace(batch=None))))
    assert "not rewritten (dependent-iterations): the next prompt holds the answer" in text
    assert "nothing promised" in text
    assert "%" not in text


def test_rich_is_one_line_without_findings():
    assert render("rich", view(report(others=[LIVE]))) == "No realtime calls that could wait, in 23 files.\n"


def test_rich_counts_the_errors_that_it_does_not_list():
    errors = [FileError(f"bad{n:02}.py", 1, "not UTF-8") for n in range(25)]
    text = render("rich", view(report(errors=errors)))
    assert text.count("not UTF-8") == 10
    assert "15 more files could not be read" in text
    assert "25 files could not be read." in text


def test_rich_in_colour_says_the_same():
    plain = render("rich", view(report(site(), REFUSED)))
    colour = render("rich", view(report(site(), REFUSED), color=True))
    assert "\x1b[" in colour
    assert re.sub(r"\x1b\[[0-9;]*m", "", colour).split() == plain.split()


def test_rich_keeps_the_middle_of_a_long_chain_out():
    chain = tuple(Step(f"m{n}.py", n, f"f{n}()") for n in range(1, 31))
    text = render("rich", view(report(site(contexts=(Context("schedule", Latency.HOURS, chain),)))))
    assert "m1.py:1" in text
    assert "m15.py:15" not in text
    assert "more steps" in text


def test_rich_shows_the_steps_that_findings_have_in_common_once():
    def called(line, *others):
        steps = (*(Step(f"m{n}.py", n, f"f{n}()") for n in range(1, 6)), *others)
        return site(line=line, contexts=(Context("schedule", Latency.HOURS, steps),))

    text = render("rich", view(report(called(41), called(60), called(80, Step("n.py", 9, "g()")))))
    first, second, third = text.split("RTB101")[1:4]
    assert "m3.py:3" in first
    for later in (second, third):
        assert "m1.py:1" in later
        assert "3 steps as for shop/nightly.py:41" in later
        assert "m3.py:3" not in later
        assert "m5.py:5" in later
    assert "n.py:9" in third


def test_rich_shows_every_step_of_chains_that_only_start_alike():
    def called(line, name):
        steps = (Step("m1.py", 1, "f1()"), Step(f"{name}.py", 2, "f2()"), Step("m3.py", 3, "f3()"))
        return site(line=line, contexts=(Context("schedule", Latency.HOURS, steps),))

    text = render("rich", view(report(called(41, "a"), called(60, "b"))))
    assert "as for" not in text
    assert text.count("m3.py:3") == 2


def test_rich_names_each_place_that_starts_it_once():
    places = [("a.py", 1), ("b.py", 2), ("a.py", 1), ("b.py", 2), ("c.py", 3), ("d.py", 4), ("e.py", 5)]
    contexts = tuple(
        Context("script", None, (Step(path, line, "main"), Step("m.py", number, "f()")))
        for number, (path, line) in enumerate(places, 1)
    )
    text = " ".join(render("rich", view(report(site(contexts=contexts)))).split())
    assert "also from b.py:2 (script), c.py:3 (script), d.py:4 (script) and 1 more" in text
    alone = render("rich", view(report(site(contexts=contexts[::2][:2]))))
    assert "also from" not in alone


def test_all_calls_shows_the_silent_ones_with_their_verdict():
    for name in ("rich", "concise"):
        text = render(name, view(report(site(), others=[LIVE]), all_calls=True))
        assert "shop/web.py:7:12" in text
        assert "realtime" in text


def test_statistics_count_per_rule():
    text = render("concise", view(report(site(), REFUSED), statistics=True))
    assert text.startswith("2  RTB101  realtime model call in a scheduled job\n")
    assert "shop/nightly.py" not in text


def test_concise_is_one_line_per_finding_and_lists_every_error():
    errors = [FileError(f"bad{n:02}.py", n, "not UTF-8") for n in range(25)]
    lines = render("concise", view(report(site(), errors=errors))).splitlines()
    assert "bad24.py:24:1: error: not UTF-8" in lines
    assert "shop/nightly.py:41:12: RTB101 realtime model call in a scheduled job" in lines
    assert len(lines) == 27


def test_hidden_findings_are_counted():
    assert "3 known findings hidden." in render("concise", view(report(), hidden=3))


def test_json_holds_findings_only_unless_all_calls_are_asked_for():
    made = report(site(), others=[LIVE], errors=[FileError("x.py", 3, "syntax error")])
    some = json.loads(render("json", view(made)))
    every = json.loads(render("json", view(made, all_calls=True)))
    assert some["version"] == 1
    assert [c["path"] for c in some["call_sites"]] == ["shop/nightly.py"]
    assert [c["path"] for c in every["call_sites"]] == ["shop/nightly.py", "shop/web.py"]
    call = some["call_sites"][0]
    assert call["batch"] == {
        "discount": 0.5,
        "window_hours": 24,
        "source": "https://example.com/batch",
        "checked": "2026-11-01",
    }
    assert call["contexts"][0]["chain"][0] == {
        "path": "crontab",
        "line": 3,
        "what": "0 2 * * * python -m shop.nightly",
    }
    assert some["findings"][0]["code"] == "RTB101"
    assert some["errors"] == [{"path": "x.py", "line": 3, "message": "syntax error"}]
    assert (every["summary"]["call_sites"], every["summary"]["realtime"], every["summary"]["errors"]) == (2, 1, 1)


def test_json_lines_are_objects_that_say_what_they_are():
    lines = [json.loads(line) for line in render("json-lines", view(report(site()), all_calls=True)).splitlines()]
    assert [line["type"] for line in lines] == ["call_site", "finding", "summary"]


def test_sarif_has_the_chain_as_code_flow_and_relative_uris():
    odd = site(path="shop/näch t.py")
    run = json.loads(render("sarif", view(report(site(), odd, errors=[FileError("x.py", 3, "syntax error")]))))["runs"][
        0
    ]
    first, second = run["results"]
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"] == "RTB101"
    region = first["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 41, "startColumn": 12, "endLine": 41, "endColumn": 29}
    uris = {
        place["location"]["physicalLocation"]["artifactLocation"]["uri"]
        for place in first["codeFlows"][0]["threadFlows"][0]["locations"]
    }
    assert uris == {"crontab", "shop/nightly.py", "shop/llm.py"}
    assert second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "shop/n%C3%A4ch%20t.py"
    assert first["partialFingerprints"]["primaryLocationLineHash"]
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == "syntax error"


def test_sarif_keeps_the_best_five_thousand_and_says_so():
    many = [site(line=n, score=n % 100) for n in range(1, 5011)]
    run = json.loads(render("sarif", view(report(*many))))["runs"][0]
    assert len(run["results"]) == 5000
    assert min(r["properties"]["score"] for r in run["results"]) >= 0
    assert run["results"][0]["properties"]["score"] == 99
    assert "10 findings" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_github_annotations_escape_what_the_runner_would_read():
    made = report(site(path="a,b:c.py"), errors=[FileError("x.py", 3, "50% bad\nline")])
    lines = render("github", view(made)).splitlines()
    assert lines[0] == "::error file=x.py,line=3,title=batchlint::50%25 bad%0Aline"
    assert lines[1].startswith("::warning file=a%2Cb%3Ac.py,line=41,endLine=41,col=12,title=batchlint RTB101::")
    assert "50 %25 less" in lines[1]


def test_gitlab_issues_have_distinct_fingerprints():
    issues = json.loads(render("gitlab", view(report(site(), site(line=50), errors=[FileError("x.py", 3, "bad")]))))
    assert len({issue["fingerprint"] for issue in issues}) == 3
    assert issues[0]["location"] == {"path": "shop/nightly.py", "lines": {"begin": 41, "end": 41}}
    assert {"check_name", "description", "severity", "fingerprint", "location"} == set(issues[0])


@pytest.mark.parametrize(
    "made", [report(), report(site(call="a < b & '\"\x01'"), errors=[FileError("x.py", 1, "\x00")])]
)
def test_junit_is_well_formed(made):
    root = ET.parse(io.StringIO(render("junit", view(made)))).getroot()
    assert int(root.get("failures")) == len(made.findings) == len(list(root.iter("failure")))
    assert int(root.get("tests")) == len(list(root.iter("testcase"))) > 0


def test_markdown_cells_cannot_break_the_table():
    odd = site()
    made = report(odd)._replace(findings=(Finding(odd.path, 41, 12, "RTB101", "a | b <script>\nc", odd),))
    row = next(line for line in render("markdown", view(made)).splitlines() if "RTB101" in line)
    assert "a \\| b &lt;script> c" in row
    assert len(re.findall(r"(?<!\\)\|", row)) == 7


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_copes_with_nothing(name):
    assert render(name, view(report())).endswith("\n")


def test_relocate_moves_every_path():
    made = relocate(report(site(), errors=[FileError("x.py", 1, "bad")]), lambda path: f"../{path}")
    moved = made.findings[0]
    paths = [moved.path, moved.site.path, made.call_sites[0].path, made.errors[0].path]
    paths += [step.path for step in moved.site.contexts[0].chain] + [step.path for step in moved.site.via]
    paths += [factor.path for factor in moved.site.factors]
    assert all(path.startswith("../") for path in paths)


def test_explain_shows_factors_chains_and_what_would_change_the_verdict():
    text = explain.render(view(report(site())), site())
    assert "+40  schedule: a crontab line starts it at 02:00  crontab:3" in text
    assert "-4  printed" in text
    assert "`# batchlint: latency=realtime`" in text
    live = LIVE._replace(contexts=(Context("web", Latency.REALTIME, (Step("shop/web.py", 3, "GET /search"),)),))
    text = explain.render(view(report()), live)
    assert "the web at shop/web.py:3 no longer reaches it" in text
    asked = site(verdict=Verdict.UNCLEAR, question="Does anybody wait for main()?")
    assert "Does anybody wait for main()?" in explain.render(view(report()), asked)


def test_explain_says_which_way_in_keeps_a_call_unclear():
    ways = (
        Context("schedule", Latency.HOURS, (Step("crontab", 3, "0 2 * * *"),)),
        Context("unknown", None, (Step("shop/api.py", 7, "ask, which nothing here calls"),)),
    )
    asked = site(verdict=Verdict.UNCLEAR, score=20)._replace(contexts=ways)
    told = "as long as it is unclear: nothing tells who waits on the way from ask, which nothing here calls"
    assert told in explain.render(view(report()), asked)
    assert "as long as" not in explain.render(view(report()), asked._replace(score=100))
    typed = Context("interactive", None, (Step("shop/ask.py", 9, "input('Which? ') in main"),))
    told = "as long as it is unclear: somebody may wait who is asked, or says something, by input('Which? ') in main"
    assert told in explain.render(view(report()), asked._replace(contexts=(ways[0], typed)))


def test_html_stands_alone_and_escapes_what_it_shows():
    odd = site()
    made = report(odd)._replace(findings=(Finding(odd.path, 41, 12, "RTB101", "<script>alert(1)</script>", odd),))
    text = render("html", view(made))
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "shop/nightly.py:41:12 RTB101" in text
    assert "crontab:3" in text
    assert not re.search(r"(?:src|href)=", text)


def test_github_shows_the_highest_scores_first_since_it_shows_only_ten():
    low, high = site(score=61, line=10, end_line=10), site(score=95, line=50, end_line=50)
    lines = render("github", view(report(low, high))).splitlines()
    assert [re.search(r",line=(\d+)", line)[1] for line in lines[:2]] == ["50", "10"]


def test_the_last_line_says_where_the_rewrite_of_some_was_not_looked_at():
    open_ = site(line=60, rewrite=Rewrite(False, reason="not-planned", detail="too many"))
    text = render("rich", view(report(site(), open_)))
    assert text.endswith("; `batchlint fix --diff` tells which it can rewrite, at least 1.\n")

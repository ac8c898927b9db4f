"""Each family of manifests: what it starts and how long who reads the result can wait; and what it does not."""

import json
import textwrap

import pytest

from batchlint.entrypoints.manifests import is_manifest, read_manifests
from batchlint.findings import Latency

CODE = {
    "job.py": "",
    "web.py": "",
    "shop/__init__.py": "",
    "shop/nightly.py": "",
    "functions/tag/app.py": "",
    "api/cron.py": "",
}


@pytest.fixture
def read(tmp_path):
    def run(files):
        names = {**CODE, **files}
        for name, text in names.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip("\n"))
        assert all(is_manifest(name) for name in files if not name.endswith(".py"))
        return read_manifests(tmp_path, list(names))

    return run


def rows(found):
    targets, errors = found
    assert not errors
    return [(t.target, t.kind, t.latency, t.step.line) for t in targets]


def test_crontab(read):
    text = """
        SHELL=/bin/sh
        # 0 1 * * * python commented.py
        0 2 * * *  cd /srv && python -m shop.nightly
        */5 * * * * python job.py
        @daily python job.py
        MAILTO=python job.py
    """
    assert rows(read({"deploy/crontab": text})) == [
        ("shop/nightly.py", "schedule", Latency.HOURS, 3),
        ("job.py", "schedule", Latency.MINUTES, 4),
        ("job.py", "schedule", Latency.HOURS, 5),
    ]


def test_cron_d_names_the_user(read):
    [row] = rows(read({"etc/cron.d/shop": "0 3 * * 1 www-data /usr/bin/python3 /srv/job.py\n"}))
    assert row[:3] == ("job.py", "schedule", Latency.HOURS)


@pytest.mark.parametrize("end", ["flock ", "", "python -m", "cd /srv &&", "root "])
def test_an_entry_that_breaks_off_starts_nothing(read, end):
    text = f"0 3 * * * {end}\n0 4 * * * python job.py\n"
    assert rows(read({"crontab": text})) == [("job.py", "schedule", Latency.HOURS, 2)]


def test_crontab_written_by_an_image(read):
    text = """
        FROM python:3.12
        RUN echo "15 4 * * * python /app/job.py" | crontab -
        CMD ["cron", "-f"]
    """
    assert rows(read({"Dockerfile": text})) == [("job.py", "schedule", Latency.HOURS, 2)]


@pytest.mark.parametrize(
    "line",
    [
        "0 7 * * * cd /path/to/shop && .venv/bin/python job.py >> job.log 2>&1",
        '0 7 * * * cd "/path/to/shop" && python3 job.py',
        "    @daily python /path/to/shop/job.py",
        "# Add: 0 7 * * * python job.py",
        "`0 7 * * 1-5 python job.py` is enough.",
    ],
)
def test_crontab_line_in_a_readme(read, line):
    text = f"Run `crontab -e` and add a line:\n\n{line}\n"
    assert rows(read({"README.md": text})) == [("job.py", "schedule", Latency.HOURS, 3)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "With cron, `python job.py` can run every day.\n"),
        ("README.md", "0 7 * * * python job.py\n"),
        ("README.md", "crontab:\n\n| 0 7 * * * | python job.py |\n"),
        ("README.md", "crontab:\n\n1 2 3 apples and python job.py\n"),
        ("README.md", "crontab:\n\n0 7 * * * python another.py\n"),
        ("readme_of_cron/other.html", "crontab:\n\n0 7 * * * python job.py\n"),
    ],
)
def test_a_readme_without_a_crontab_line(read, name, text):
    assert rows(read({name: text})) == []


def test_a_readme_may_write_the_line_into_the_crontab(read):
    text = '# Install\n\n```sh\n(crontab -l; echo "0 22 * * * /opt/shop/run.sh >> run.log 2>&1") | crontab -\n```\n'
    script = "#!/bin/sh\ncd /opt/shop\npython job.py\n"
    assert rows(read({"README.md": text, "run.sh": script})) == [("job.py", "schedule", Latency.HOURS, 4)]
    assert rows(read({"README.md": text.replace("crontab", "cat"), "run.sh": script})) == []


@pytest.mark.parametrize("suffix", ["example", "sample", "template", "dist"])
def test_a_script_that_is_copied_before_it_runs(read, suffix):
    text = "Daily with cron:\n\n    0 22 * * * /opt/shop/run.sh\n"
    files = {"README.md": text, f"run.sh.{suffix}": "#!/bin/sh\ncd /opt/shop\npython job.py\n"}
    assert rows(read(files)) == [("job.py", "schedule", Latency.HOURS, 3)]
    assert rows(read({**files, "run.sh": "#!/bin/sh\necho started\n"})) == []
    assert rows(read({"README.md": text.replace("run.sh", "other.sh"), f"run.sh.{suffix}": ""})) == []


def test_a_template_may_write_a_crontab_line_itself(read):
    text = '#!/bin/sh\necho "0 3 * * * python /opt/shop/job.py" | crontab -\n'
    assert rows(read({"install.sh.example": text})) == [("job.py", "schedule", Latency.HOURS, 2)]


@pytest.mark.parametrize(
    ("line", "latency"),
    [
        ('echo "$CRON_SCHEDULE cd /app && python3 /app/job.py" > /etc/cron.d/job', Latency.HOURS),
        ('echo "${CRON_SCHEDULE} root python /app/job.py" >> $CRON_FILE', Latency.HOURS),
        ('echo "${POLL:-*/5 * * * *} python job.py" | crontab -', Latency.MINUTES),
        ('echo "$OFTEN python job.py" | crontab -', Latency.MINUTES),
        ('echo "$FROM_OUTSIDE python job.py" | crontab -', Latency.HOURS),
    ],
)
def test_crontab_with_a_schedule_in_a_variable(read, line, latency):
    text = f"""
        #!/bin/sh
        CRON_SCHEDULE="${{COLLECTION_SCHEDULE:-0 6 * * *}}"
        export OFTEN='*/10 * * * *'
        {line}
        cron
    """
    assert rows(read({"entrypoint.sh": text})) == [("job.py", "schedule", latency, 4)]


@pytest.mark.parametrize(
    ("pause", "kind", "latency"),
    [
        ("sleep 86400", "schedule", Latency.HOURS),
        ("sleep 12h & wait $!", "schedule", Latency.HOURS),
        ('sleep "$INTERVAL"', "schedule", Latency.HOURS),
        ("sleep $((60 * 10))", "schedule", Latency.MINUTES),
        ("sleep $PAUSE_OF_OUTSIDE", "script", None),
        ("sleep 5", "script", None),
    ],
)
def test_a_loop_of_a_shell_script_is_a_schedule_by_its_pause(read, pause, kind, latency):
    text = f"""
        #!/bin/sh
        INTERVAL="${{CRON_INTERVAL_SECONDS:-86400}}"
        while true; do
          for part in a b; do
            python job.py $part || true
          done
          {pause}
        done
    """
    files = {"run.sh": text, "Dockerfile": 'FROM python:3.12\nCMD ["./run.sh"]\n'}
    assert rows(read(files)) == [("job.py", kind, latency, 2)]


def test_a_loop_of_a_service_is_a_schedule_by_its_pause(read):
    text = """
        services:
          refresh:
            command:
              - sh
              - -c
              - |
                python prepare.py
                while true; do
                  python job.py
                  sleep "$${REFRESH_SECONDS:-3600}"
                done
    """
    assert [row[:3] for row in rows(read({"compose.yml": text, "prepare.py": ""}))] == [
        ("prepare.py", "script", None),
        ("job.py", "schedule", Latency.HOURS),
    ]


@pytest.mark.parametrize(
    "line", ['# echo "$CRON_SCHEDULE python job.py" | crontab -', 'echo "$CRON_SCHEDULE python job.py" >> /var/log/x']
)
def test_no_crontab_is_written(read, line):
    assert rows(read({"entrypoint.sh": f"cron\n{line}\n"})) == []


def test_prose_about_cron_starts_nothing(read):
    assert rows(read({"cron-notes.txt": "The job runs 2 a m with python job.py\n"})) == []


def test_github_actions(read):
    text = """
        name: nightly
        on:
          schedule:
            - cron: "0 3 * * *"
          workflow_dispatch:
        jobs:
          embed:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v4
              - name: run
                run: |
                  pip install -r requirements.txt
                  python -m shop.nightly
                env:
                  KEY: ${{ secrets.KEY }}
    """
    assert rows(read({".github/workflows/nightly.yml": text})) == [("shop/nightly.py", "schedule", Latency.HOURS, 14)]


def test_github_actions_on_push_are_no_schedule(read):
    text = "on: [push]\njobs:\n  x:\n    steps:\n      - run: python job.py\n"
    assert rows(read({".github/workflows/ci.yml": text})) == [("job.py", "script", None, 5)]


REVIEW = """
    on:
      pull_request:
        types: [opened]
    jobs:
      review:
        steps:
          - run: python review.py
            env:
              KEY: ${{ secrets.KEY }}
"""
REVIEWER = "pr.create_review_comment(ask(patch), head, name, 1)"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("review.py\n", "review.py ${{ github.event.number }}\n", ""),
        ("secrets.KEY", "github.event.pull_request.number", ""),
        ("", "", REVIEWER),
        ("", "", "requests.post(f'{api}/issues/{number}/comments', json=body)"),
        (
            "pull_request:\n        types: [opened]",
            "issues",
            "event = json.load(open(os.environ['GITHUB_EVENT_PATH']))",
        ),
        ("pull_request:\n        types: [opened]", "[push, issue_comment]", "issue.create_comment(ask(text))"),
    ],
)
def test_who_opened_a_pull_request_waits_for_what_is_said_there(read, old, new, code):
    files = {".github/workflows/review.yml": REVIEW.replace(old, new), "review.py": code}
    assert [row[:3] for row in rows(read(files))] == [("review.py", "script", Latency.REALTIME)]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("", "", "print(ask(text))"), ("pull_request:\n        types: [opened]", "[push, workflow_dispatch]", REVIEWER)],
)
def test_a_check_of_the_code_tells_nobody_in_particular(read, old, new, code):
    files = {".github/workflows/review.yml": REVIEW.replace(old, new), "review.py": code}
    assert [row[:3] for row in rows(read(files))] == [("review.py", "script", None)]


def test_a_schedule_of_the_workflow_stays_one(read):
    timed = REVIEW.replace("pull_request:\n        types: [opened]", "schedule: [{cron: '0 3 * * *'}]")
    [row] = rows(read({".github/workflows/review.yml": timed, "review.py": REVIEWER}))
    assert row[:3] == ("review.py", "schedule", Latency.HOURS)


SCHEDULED = """
    on: {schedule: [{cron: "0 3 * * *"}]}
    jobs:
      digest:
        steps:
          - uses: actions/checkout@v4
          - uses: ./
"""
COMPOSITE = """
    name: digest
    runs:
      using: composite
      steps:
        - run: pip install .
          shell: bash
        - run: python "${{ github.action_path }}/shop/nightly.py" --days ${{ inputs.days }}
          shell: bash
"""


def test_the_schedule_of_a_workflow_is_that_of_the_actions_that_it_uses(read):
    files = {".github/workflows/digest.yml": SCHEDULED, "action.yml": COMPOSITE}
    found = rows(read(files))
    assert ("shop/nightly.py", "schedule", Latency.HOURS, 7) in found
    elsewhere = SCHEDULED.replace("uses: ./", "uses: ./.github/actions/digest")
    files = {".github/workflows/digest.yml": elsewhere, ".github/actions/digest/action.yml": COMPOSITE}
    assert rows(read(files)) == [("shop/nightly.py", "schedule", Latency.HOURS, 7)]


def test_an_action_for_other_repositories_has_no_schedule_of_its_own(read):
    files = {
        ".github/workflows/digest.yml": SCHEDULED.replace("uses: ./", "uses: else/where@v1"),
        "action.yml": COMPOSITE,
    }
    assert rows(read(files)) == [("shop/nightly.py", "script", None, 7)]


def test_an_action_that_answers_where_somebody_wrote_is_waited_for(read):
    files = {"action.yml": COMPOSITE, "shop/nightly.py": REVIEWER}
    assert rows(read(files)) == [("shop/nightly.py", "script", Latency.REALTIME, 7)]


def test_an_action_in_a_container_runs_what_its_image_runs(read):
    action = "runs: {using: docker, image: Dockerfile, args: ['--all']}\n"
    files = {".github/workflows/digest.yml": SCHEDULED, "action.yaml": action}
    image = 'FROM python:3.12\nENTRYPOINT ["python", "/app/job.py"]\n'
    assert ("job.py", "schedule", Latency.HOURS, 2) in rows(read({**files, "Dockerfile": image}))
    named = action.replace("args:", "entrypoint: web.py, args:")
    assert ("web.py", "schedule", Latency.HOURS, 1) in rows(read({**files, "action.yaml": named, "Dockerfile": image}))


def test_a_reusable_workflow_runs_when_those_that_call_it_do(read):
    calling = """
        on: {schedule: [{cron: "0 3 * * *"}]}
        jobs:
          digest:
            uses: ./.github/workflows/job.yml
    """
    called = "on: workflow_call\njobs:\n  run:\n    steps:\n      - run: python job.py\n"
    files = {".github/workflows/nightly.yml": calling, ".github/workflows/job.yml": called}
    assert rows(read(files)) == [("job.py", "schedule", Latency.HOURS, 5), ("job.py", "script", None, 5)]


def test_actions_that_use_each_other_end(read):
    files = {
        f"{name}/action.yml": f"runs: {{steps: [{{uses: ./{other}}}, {{run: python job.py}}]}}\n"
        for name, other in ["ab", "ba"]
    }
    assert {row[:3] for row in rows(read(files))} == {("job.py", "script", None)}


def test_a_step_may_be_python(read):
    step = "{shell: python, run: 'from shop.nightly import main; main()'}"
    text = f"on: {{schedule: [{{cron: '0 3 * * *'}}]}}\njobs:\n  x:\n    steps:\n      - {step}\n"
    assert rows(read({".github/workflows/ci.yml": text})) == [("shop.nightly.main", "schedule", Latency.HOURS, 5)]
    assert rows(read({".github/workflows/ci.yml": text.replace("shell: python, ", "")})) == []


def test_gitlab_ci(read):
    text = """
        nightly:
          rules:
            - if: $CI_PIPELINE_SOURCE == "schedule"
          script:
            - python job.py
        old:
          only: [schedules]
          script: python -m shop.nightly
        test:
          script: [python web.py]
    """
    assert rows(read({".gitlab-ci.yml": text})) == [
        ("job.py", "schedule", Latency.HOURS, 5),
        ("shop/nightly.py", "schedule", Latency.HOURS, 8),
        ("web.py", "script", None, 10),
    ]


def test_kubernetes(read):
    text = """
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: nightly}
        spec:
          schedule: "*/10 * * * *"
          jobTemplate:
            spec:
              template:
                spec:
                  containers:
                    - name: x
                      command: [python, -m]
                      args: [shop.nightly]
        ---
        kind: Deployment
        metadata: {name: web}
        spec:
          template:
            spec:
              containers:
                - command: ["uvicorn", "web:app"]
    """
    assert rows(read({"k8s/all.yaml": text})) == [
        ("shop/nightly.py", "schedule", Latency.MINUTES, 5),
        ("web:app", "web", Latency.REALTIME, 21),
    ]


def test_helm_templates_are_read_as_far_as_they_are_yaml(read):
    text = """
        {{- if .Values.cron.enabled }}
        kind: CronJob
        metadata:
          name: {{ include "x.name" . }}
        spec:
          schedule: {{ .Values.cron.schedule | quote }}
          jobTemplate:
            spec:
              containers:
                - command: ["python", "job.py"]
        {{- end }}
    """
    [row] = rows(read({"chart/templates/cron.yaml": text}))
    assert row[:3] == ("job.py", "schedule", Latency.HOURS)


def test_compose(read):
    text = """
        services:
          web:
            command: gunicorn web:app
          worker:
            build: ./shop
            command: ["python", "nightly.py"]
            labels:
              ofelia.job-exec.tick.schedule: "@every 5m"
              ofelia.job-exec.tick.command: "python /app/job.py"
          db:
            image: postgres
            command: postgres -c fsync=off
    """
    assert rows(read({"docker-compose.yml": text})) == [
        ("web:app", "web", Latency.REALTIME, 3),
        ("shop/nightly.py", "script", None, 6),
        ("job.py", "schedule", Latency.MINUTES, 8),
    ]


def test_dockerfile_takes_the_last_stage(read):
    text = """
        FROM python AS build
        CMD ["python", "job.py"]
        FROM python
        ENTRYPOINT ["python", \\
                    "-u"]
        CMD ["web.py"]
    """
    assert rows(read({"Dockerfile.web": text})) == [("web.py", "script", None, 4)]


def test_procfile(read):
    assert rows(read({"Procfile": "web: gunicorn web:app\nclock: python job.py\nrelease: echo hi\n"})) == [
        ("web:app", "web", Latency.REALTIME, 1),
        ("job.py", "script", None, 2),
    ]


@pytest.mark.parametrize(
    ("when", "latency"),
    [
        ("OnCalendar=*-*-* 03:00:00", Latency.HOURS),
        ("OnCalendar=daily", Latency.HOURS),
        ("OnCalendar=*:0/5", Latency.MINUTES),
        ("OnUnitActiveSec=10min", Latency.MINUTES),
        ("OnUnitActiveSec=1h", Latency.HOURS),
    ],
)
def test_systemd_timer(read, when, latency):
    files = {
        "shop.timer": f"[Timer]\n{when}\n",
        "shop.service": "[Service]\nWorkingDirectory=/srv\nExecStart=/srv/bin/python /srv/job.py\n",
    }
    assert rows(read(files)) == [("job.py", "schedule", latency, 2)]


PLIST = """
    <?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
    <plist version="1.0"><dict>
    <key>ProgramArguments</key>
    <array><string>/Users/me/shop/.venv/bin/python3</string><string>/Users/me/shop/job.py</string></array>
    {when}
    </dict></plist>
    """


@pytest.mark.parametrize(
    ("when", "kind", "latency"),
    [
        (
            "<key>StartCalendarInterval</key><dict><key>Hour</key><integer>19</integer></dict>",
            "schedule",
            Latency.HOURS,
        ),
        ("<key>StartInterval</key><integer>300</integer>", "schedule", Latency.MINUTES),
        (
            "<key>StartCalendarInterval</key><array><dict><key>Minute</key><integer>0</integer></dict>"
            "<dict><key>Minute</key><integer>20</integer></dict><dict><key>Minute</key><integer>40</integer></dict>"
            "</array>",
            "schedule",
            Latency.MINUTES,
        ),
        ("<key>KeepAlive</key><true/>", "script", None),
    ],
)
def test_launchd(read, when, kind, latency):
    [row] = rows(read({"deploy/shop.plist": PLIST.format(when=when)}))
    assert row[:3] == ("job.py", kind, latency)


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("<key>StartInterval</key><integer>3600</integer>", "launchd, StartInterval 3600 s"),
        (
            "<key>StartCalendarInterval</key><dict><key>Hour</key><integer>1</integer></dict>",
            "launchd, StartCalendarInterval Hour 1",
        ),
        (
            "<key>StartCalendarInterval</key><array>"
            + "<dict><key>Hour</key><integer>6</integer></dict>" * 3
            + "</array>",
            "launchd, StartCalendarInterval Hour 6, Hour 6, ...",
        ),
    ],
)
def test_launchd_says_when(read, when, told):
    [target], _ = read({"deploy/shop.plist": PLIST.format(when=when)})
    assert target.step.what == told


def test_the_property_list_of_an_application_starts_nothing(read):
    text = PLIST.format(when="").replace("ProgramArguments", "CFBundleExecutables")
    assert rows(read({"Info.plist": text})) == []


@pytest.mark.parametrize(
    "text",
    [
        PLIST.format(when="<key>StartInterval"),
        PLIST.format(when="</dict><key>StartInterval</key><dict>"),
        PLIST.format(when="").replace("dict>", "array>"),
        "<plist></array><key>ProgramArguments</key></plist>",
        "<plist><array><string><key>Program</key></string></array></plist>",
    ],
)
def test_a_broken_property_list_is_an_error(read, text):
    targets, [error] = read({"shop.plist": text})
    assert not targets
    assert (error.path, error.message.partition(":")[0]) == ("shop.plist", "not a valid property list")


def test_a_property_list_whose_arguments_are_no_list_starts_nothing(read):
    text = PLIST.format(when="").replace("array>", "dict>")
    assert read({"shop.plist": text})[0] == []


TIMER = """
    HOUR=8
    gcloud scheduler jobs create http nightly-trigger \\
      --location "$REGION" --schedule="{when}" \\
      --uri "https://$REGION-run.googleapis.com/apis/run.googleapis.com/v1/namespaces/$PROJECT/{what}" \\
      --http-method POST
    """


@pytest.mark.parametrize(
    ("when", "what", "command", "expected"),
    [
        ("0 $HOUR * * *", "jobs/nightly:run", '["python", "job.py"]', [("job.py", "schedule", Latency.HOURS, 2)]),
        ("*/5 * * * *", "jobs/nightly:run", '["python", "job.py"]', [("job.py", "schedule", Latency.MINUTES, 2)]),
        ("0 8 * * *", "services/shop", '["python", "job.py"]', []),
        ("0 8 * * *", "jobs/nightly:run", '["uvicorn", "shop.web:app"]', []),
    ],
)
def test_a_cloud_run_job_of_a_scheduler(read, when, what, command, expected):
    files = {
        "deploy/schedule.sh": TIMER.replace("{when}", when).replace("{what}", what),
        "Dockerfile": f"FROM python:3.12\nCMD {command}\n",
    }
    found = rows(read(files))
    assert [row for row in found if row[1] == "schedule"] == expected


STAGES = """
    stages:
      pages:
        cmd: python scripts/pages.py --all
        outs: [pages]
      notes:
        wdir: scripts
        cmd:
          - mkdir -p ../notes
          - python notes.py
      labels:
        foreach: [red, green]
        do:
          cmd: python -m shop.labels ${item}
    """


def test_stages_of_a_data_pipeline(read):
    files = {"dvc.yaml": STAGES, "scripts/pages.py": "", "scripts/notes.py": "", "shop/labels.py": ""}
    assert rows(read(files)) == [
        ("scripts/pages.py", "pipeline", Latency.HOURS, 3),
        ("scripts/notes.py", "pipeline", Latency.HOURS, 9),
        ("shop/labels.py", "pipeline", Latency.HOURS, 13),
    ]
    assert rows(read({"params.yaml": STAGES, "scripts/pages.py": ""})) == []


DEPLOY = """
    NAME=digest-writer
    gcloud functions deploy $NAME --gen2 \\
      --source functions/digest \\
      --entry-point write_digest --trigger-http
    """
REQUEST = """
    gcloud scheduler jobs create http nightly --schedule "0 8 * * *" \\
      --uri "https://${{REGION}}-${{PROJECT}}.{address}" --http-method GET
    """


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("cloudfunctions.net/digest-writer", "cloud.functions.digest.main.write_digest"),
        ("cloudfunctions.net/other", "/other"),
        ("example.com/digest-writer", "/digest-writer"),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_a_cloud_function_of_a_scheduler(read, address, together, expected):
    request = REQUEST.format(address=address)
    files = {"cloud/functions/digest/main.py": "", "cloud/scripts/schedule.sh": request}
    files |= {"cloud/scripts/schedule.sh": DEPLOY + request} if together else {"cloud/scripts/deploy.sh": DEPLOY}
    assert [row[:3] for row in rows(read(files))] == [(expected, "schedule", Latency.HOURS)]


HELPER = """
    MEMORY=256Mi
    deploy() {
        local name="$1"
        local entry="$2"
        gcloud functions deploy "${name}" --gen2 \\
          --source="$3" \\
          --entry-point="${entry}" --memory="${4:-$MEMORY}"
    }

    deploy "digest-writer" "write_digest" "functions/digest"
    deploy "digest-page" "show_digest" "functions/page" "512Mi"
    URL=$(gcloud functions describe {asked} --gen2 --format="value(url)")
    gcloud scheduler jobs create http nightly \\
      --schedule="0 8 * * *" --uri="${URL}"
    """


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("digest-writer", ["functions.digest.main.write_digest"]), ("digest-reader", [])],
)
def test_functions_that_a_script_deploys_by_a_helper_of_its_own(read, asked, expected):
    files = {"functions/digest/main.py": "", "functions/page/main.py": ""}
    found = read({**files, "deploy.sh": HELPER.replace("{asked}", asked)})
    assert [row[0] for row in rows(found)] == expected


def test_which_image_a_cloud_run_job_has_must_be_plain(read):
    files = {
        "deploy/schedule.sh": TIMER.replace("{when}", "0 8 * * *").replace("{what}", "jobs/nightly:run"),
        "Dockerfile": 'FROM python:3.12\nCMD ["python", "job.py"]\n',
        "Dockerfile.web": 'FROM python:3.12\nCMD ["uvicorn", "shop.web:app"]\n',
    }
    assert all(row[1] != "schedule" for row in rows(read(files)))


def test_systemd_service_without_a_timer(read):
    files = {"shop.service": "[Service]\nExecStart=python job.py\n", "other.timer": "[Timer]\nOnCalendar=daily\n"}
    assert rows(read(files)) == [("job.py", "script", None, 2)]


def test_serverless(read):
    text = """
        functions:
          tag:
            handler: functions/tag/app.handler
            events:
              - schedule: rate(1 day)
              - httpApi: "*"
              - sqs: {arn: x}
              - schedule:
                  rate: cron(0/5 * * * ? *)
          gone:
            handler: nowhere.handler
            events: [{schedule: rate(1 day)}]
    """
    name = "functions.tag.app.handler"
    assert rows(read({"serverless.yml": text})) == [
        (name, "schedule", Latency.HOURS, 5),
        (name, "web", Latency.REALTIME, 6),
        (name, "task_queue", Latency.HOURS, 7),
        (name, "schedule", Latency.MINUTES, 8),
    ]


def test_sam(read):
    text = """
        Resources:
          Tag:
            Type: AWS::Serverless::Function
            Properties:
              CodeUri: functions/tag/
              Handler: app.handler
              Role: !GetAtt Role.Arn
              Events:
                Nightly:
                  Type: ScheduleV2
                  Properties: {ScheduleExpression: "rate(12 hours)"}
                Api:
                  Type: Api
                  Properties: {Path: /x, Method: get}
          Rule:
            Type: AWS::Events::Rule
            Properties:
              ScheduleExpression: rate(5 minutes)
              Targets: [{Arn: !GetAtt Tag.Arn, Id: x}]
    """
    name = "functions.tag.app.handler"
    assert rows(read({"template.yaml": text})) == [
        (name, "schedule", Latency.HOURS, 9),
        (name, "web", Latency.REALTIME, 12),
        (name, "schedule", Latency.MINUTES, 15),
    ]


@pytest.mark.parametrize(
    ("own", "expected"), [("", "functions.tag.app.handler"), ("Handler: app.retry", "functions.tag.app.retry")]
)
def test_sam_functions_share_what_they_do_not_state(read, own, expected):
    text = """
        Globals:
          Function:
            CodeUri: functions/tag/
            Handler: app.handler
        Resources:
          Tag:
            Type: AWS::Serverless::Function
            Properties:
              Events: {Uploads: {Type: SQS, Properties: {Queue: !GetAtt Uploads.Arn}}}
              OWN
    """
    assert [row[:2] for row in rows(read({"template.yaml": text.replace("OWN", own)}))] == [(expected, "task_queue")]


def test_azure_functions_and_zappa(read):
    files = {
        "functions/tag/function.json": json.dumps(
            {
                "scriptFile": "app.py",
                "bindings": [{"type": "timerTrigger", "schedule": "0 0 2 * * *"}, {"type": "blob"}],
            }
        ),
        "zappa_settings.json": '{"dev": {"events": [{"function": "shop.nightly.run", "expression": "rate(1 day)"}]}}',
    }
    assert rows(read(files)) == [
        ("functions.tag.app.main", "schedule", Latency.HOURS, 1),
        ("shop.nightly.run", "schedule", Latency.HOURS, 1),
    ]


HOSTS = {
    "render.yaml": (
        "services:\n  - type: cron\n    schedule: 0 3 * * *\n    startCommand: python job.py\n",
        ("job.py", "schedule", Latency.HOURS, 4),
    ),
    "railway.toml": (
        '[deploy]\nstartCommand = "python job.py"\ncronSchedule = "*/5 * * * *"\n',
        ("job.py", "schedule", Latency.MINUTES, 2),
    ),
    "fly.toml": ('[processes]\nweb = "uvicorn web:app"\n', ("web:app", "web", Latency.REALTIME, 2)),
    "app.yaml": (
        "runtime: python312\nentrypoint: gunicorn -b :$PORT web:app\n",
        ("web:app", "web", Latency.REALTIME, 2),
    ),
    "vercel.json": (
        '{"crons": [{"path": "/api/cron", "schedule": "0 5 * * *"}]}',
        ("api/cron.py", "schedule", Latency.HOURS, 1),
    ),
}


@pytest.mark.parametrize("name", HOSTS)
def test_hosts(read, name):
    text, row = HOSTS[name]
    assert rows(read({name: text})) == [row]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("render.yaml", "services:\n  - type: web\n    startCommand: node server.js\n"),
        ("fly.toml", 'app = "x"\n'),
        ("app.yaml", "runtime: go\n"),
    ],
)
def test_hosts_that_run_other_things(read, name, text):
    assert rows(read({name: text})) == []


def test_console_scripts_and_what_schedules_them(read):
    files = {
        "pyproject.toml": '[project.scripts]\nshop-nightly = "shop.nightly:main"\n[tool.poetry.scripts]\nx = "web:x"\n',
        "setup.cfg": "[options.entry_points]\nconsole_scripts =\n    old = job:main\n",
        "crontab": "0 2 * * * shop-nightly --all\n",
    }
    assert rows(read(files)) == [
        ("shop.nightly:main", "script", None, 2),
        ("web:x", "script", None, 4),
        ("job:main", "script", None, 3),
        ("shop.nightly:main", "schedule", Latency.HOURS, 1),
    ]


def test_setup_py(read):
    text = 'setup(entry_points={"console_scripts": ["nightly = shop.nightly:main"]})\n'
    assert rows(read({"setup.py": text})) == [("shop.nightly:main", "script", None, 1)]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        (".github/workflows/x.yml", "on: push\njobs: [\n", 3),
        ("docker-compose.yml", "services:\n  a: b: c\n", 2),
        ("fly.toml", "[processes]\nweb = \n", 2),
        ("pyproject.toml", "[project.scripts]\nx\n", 2),
        ("vercel.json", '{"crons": [}\n', 1),
    ],
)
def test_a_broken_manifest_is_an_error_with_its_line(read, name, text, line):
    targets, errors = read({name: text})
    assert not targets
    assert [(error.path, error.line) for error in errors] == [(name, line)]


@pytest.mark.parametrize("name", ["values.yaml", "notes/x.yml", "chart/templates/x.yaml"])
def test_other_yaml_is_nobodys_business(read, name):
    assert read({name: "a: [\n{{ broken\n"}) == ([], [])


MACHINE = """
    Resources:
      Tag:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: functions/tag/
          Handler: app.handler
      Steps:
        Type: AWS::Serverless::StateMachine
        Properties:
          DefinitionUri: steps.asl.json
          DefinitionSubstitutions:
            TagArn: !GetAtt {named}.Arn
          {trigger}
"""


@pytest.mark.parametrize(
    ("named", "trigger", "expected"),
    [
        ("Tag", "Events: {Nightly: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day)}}}", ["schedule"]),
        ("Tag", "Events: {Ask: {Type: Api, Properties: {Path: /tags, Method: post}}}", ["web"]),
        ("Tag", "Type: STANDARD", []),
        ("Other", "Events: {Nightly: {Type: Schedule, Properties: {Schedule: rate(1 day)}}}", []),
    ],
)
def test_a_state_machine_starts_the_functions_of_its_steps(read, named, trigger, expected):
    text = MACHINE.replace("{named}", named).replace("{trigger}", trigger)
    found = rows(read({"template.yaml": text}))
    assert [row[:2] for row in found] == [("functions.tag.app.handler", kind) for kind in expected]


STACK_IN_PYTHON = """
    from aws_cdk import Duration, Stack, aws_apigateway as api, aws_events as events, aws_lambda as lambda_
    from aws_cdk.aws_events_targets import LambdaFunction
    from aws_cdk.aws_lambda_event_sources import SqsEventSource

    class Shop(Stack):
        def __init__(self, scope, id):
            self.tag = lambda_.Function(
                self, "Tag", runtime=lambda_.Runtime.PYTHON_3_12, handler="app.handler",
                code=lambda_.Code.from_asset("functions/tag"),
            )
            {trigger}
"""
PYTHON_TRIGGERS = {
    'events.Rule(self, "R", schedule=events.Schedule.rate(Duration.hours(6)), targets=[LambdaFunction(self.tag)])': (
        "schedule",
        Latency.HOURS,
    ),
    'events.Rule(self, "R", schedule=events.Schedule.cron(minute="*/5"), targets=[LambdaFunction(self.tag)])': (
        "schedule",
        Latency.MINUTES,
    ),
    "self.tag.add_event_source(SqsEventSource(queue))": ("task_queue", Latency.HOURS),
    'api.LambdaRestApi(self, "Api", handler=self.tag)': ("web", Latency.REALTIME),
    "self.tag.add_function_url()": ("web", Latency.REALTIME),
    "table.grant_read_write_data(self.tag)": None,
    'events.Rule(self, "R", schedule=events.Schedule.cron(hour="2"), targets=[LambdaFunction(self.other)])': None,
}


@pytest.mark.parametrize(("trigger", "expected"), PYTHON_TRIGGERS.items())
def test_cdk_in_python(read, trigger, expected):
    found = rows(read({"cdk.json": "{}", "stacks/shop.py": STACK_IN_PYTHON.replace("{trigger}", trigger)}))
    assert [row[:3] for row in found] == ([("functions.tag.app.handler", *expected)] if expected else [])


STACK_IN_TYPESCRIPT = """
    import { Stack } from "aws-cdk-lib";

    export class Shop extends Stack {
      constructor(scope: Construct, id: string) {
        const tag = new PythonFunction(this, "Tag", {
          entry: path.join(__dirname, "../functions/tag"),
          index: "app.py",
          handler: "handler",
        });
        const nightly: Rule = new events.Rule(this, "Nightly", {
          schedule: events.Schedule.cron({ minute: "0", hour: "2" }),
        });
        {target}
      }
    }
"""


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("nightly.addTarget(new targets.LambdaFunction(tag));", ["schedule"]),
        (
            "nightly.addTarget(new targets.SfnStateMachine(machine));"
            ' const step = new tasks.LambdaInvoke(this, "S", { lambdaFunction: tag });'
            ' new sfn.StateMachine(this, "M", { definition: step });',
            ["schedule"],
        ),
        ("hourly.addTarget(new targets.LambdaFunction(tag));", []),
    ],
)
def test_cdk_in_typescript(read, target, expected):
    found = rows(read({"cdk.json": "{}", "lib/shop.ts": STACK_IN_TYPESCRIPT.replace("{target}", target)}))
    assert [row[:2] for row in found] == [("functions.tag.app.handler", kind) for kind in expected]


IMAGES_IN_PYTHON = """
    from pathlib import Path
    from aws_cdk import Duration, Stack, aws_ecs as ecs, aws_ecs_patterns as patterns, aws_events as events
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk.aws_events_targets import LambdaFunction

    class Shop(Stack):
        def __init__(self, scope, id):
            {made}

        def _tag(self):
            return lambda_.DockerImageFunction(
                self,
                "Tag",
                code=lambda_.DockerImageCode.from_image_asset(
                    directory=str(Path(__file__).parent.parent / "functions/tag"),
                    {image}
                ),
            )

        def _repeat(self, when, target):
            rule = events.Rule(self, "R", schedule=events.Schedule.expression(when), description="It's the tag")
            rule.add_target(target)

        def _answer(self, target):
            rule = events.Rule(self, "A", event_pattern=events.EventPattern(source=["shop"]))
            rule.add_target(target)
"""
NIGHTLY = "tag = self._tag(); self._repeat('cron(0 2 * * ? *)', target=LambdaFunction(tag))"


@pytest.mark.parametrize(
    ("made", "image", "expected"),
    [
        (NIGHTLY, "", [("functions.tag.app.handler", "schedule", Latency.HOURS)]),
        (NIGHTLY, 'file="Dockerfile.often"', [("functions.tag.app.often", "schedule", Latency.HOURS)]),
        (NIGHTLY, 'cmd=["app.often"]', [("functions.tag.app.often", "schedule", Latency.HOURS)]),
        (NIGHTLY, 'cmd=["app"]', []),
        (NIGHTLY.replace("0 2", "*/5 *"), "", [("functions.tag.app.handler", "schedule", Latency.MINUTES)]),
        (NIGHTLY.replace("(tag)", "(other)"), "", []),
        (NIGHTLY.replace("_repeat", "_answer"), "", []),
        (NIGHTLY.replace("_repeat", "_forget"), "", []),
        ("tag = self._tag(); tag.add_function_url()", "", [("functions.tag.app.handler", "web", Latency.REALTIME)]),
        ("self.show(handler=self._tag()); self._repeat('rate(1 day)', handler)", "", []),
    ],
)
def test_a_method_may_make_a_function_of_an_image_and_another_its_rule(read, made, image, expected):
    files = {
        "cdk.json": "{}",
        "functions/tag/Dockerfile": 'FROM public.ecr.aws/lambda/python:3.13\nCOPY app.py ./\nCMD ["app.handler"]\n',
        "functions/tag/Dockerfile.often": 'FROM public.ecr.aws/lambda/python:3.13\nCMD ["app.often"]\n',
        "stacks/shop.py": IMAGES_IN_PYTHON.replace("{made}", made).replace("{image}", image),
    }
    assert [row[:3] for row in rows(read(files))] == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ('image=ecs.ContainerImage.from_asset("functions/tag")', ["functions/tag/app.py"]),
        ('image=ecs.ContainerImage.from_asset("."), command=["python", "-m", "shop.nightly"]', ["shop/nightly.py"]),
        ('image=ecs.ContainerImage.from_registry("nginx")', []),
    ],
)
def test_a_scheduled_task_runs_the_command_of_its_image(read, options, expected):
    made = f"""patterns.ScheduledFargateTask(
                self, "T", schedule=events.Schedule.rate(Duration.hours(6)),
                scheduled_fargate_task_image_options=patterns.ScheduledFargateTaskImageOptions({options}),
            )"""
    files = {
        "cdk.json": "{}",
        "functions/tag/Dockerfile": 'FROM python:3.13\nCMD ["python", "app.py"]\n',
        "stacks/shop.py": IMAGES_IN_PYTHON.replace("{made}", made).replace("{image}", ""),
    }
    found = [row[:3] for row in rows(read(files)) if row[1] != "script"]
    assert found == [(target, "schedule", Latency.HOURS) for target in expected]


FUNCTION = """
    data "archive_file" "tag" {
      type        = "zip"
      source_dir  = "${path.module}/../functions/tag" # what is packed: { all of it
      output_path = "${path.module}/tag.zip"
    }

    resource "aws_lambda_function" "tag" {
      function_name = "tag"
      filename      = data.archive_file.tag.output_path
      handler       = "app.handler"
      environment {
        variables = { STAGE = "prod" }
      }
    }
"""
TRIGGERS = {
    "schedule of a rule": (
        """
    resource "aws_cloudwatch_event_rule" "nightly" {
      schedule_expression = "cron(0 2 * * ? *)"
    }
    resource "aws_cloudwatch_event_target" "nightly" {
      rule = aws_cloudwatch_event_rule.nightly.name
      arn  = aws_lambda_function.tag.arn
    }
    """,
        [("schedule", Latency.HOURS)],
    ),
    "schedule of a variable": (
        """
    variable "often" {
      default = "rate(5 minutes)"
    }
    resource "aws_scheduler_schedule" "tag" {
      schedule_expression = var.often
      target {
        arn = aws_lambda_function.tag.arn
      }
    }
    """,
        [("schedule", Latency.MINUTES)],
    ),
    "pattern of events": (
        """
    resource "aws_cloudwatch_event_rule" "uploaded" {
      event_pattern = jsonencode({ source = ["aws.s3"] })
    }
    resource "aws_cloudwatch_event_target" "uploaded" {
      rule = aws_cloudwatch_event_rule.uploaded.name
      arn  = aws_lambda_function.tag.arn
    }
    """,
        [("task_queue", Latency.HOURS)],
    ),
    "queue": (
        'resource "aws_lambda_event_source_mapping" "q" {\n function_name = aws_lambda_function.tag.arn\n}',
        [("task_queue", Latency.HOURS)],
    ),
    "address": (
        'resource "aws_lambda_function_url" "tag" {\n function_name = aws_lambda_function.tag.function_name\n}',
        [("web", Latency.REALTIME)],
    ),
    "steps of a machine": (
        """
    resource "aws_sfn_state_machine" "flow" {
      definition = jsonencode({ Resource = aws_lambda_function.tag.arn })
    }
    resource "aws_scheduler_schedule" "flow" {
      schedule_expression = "rate(1 day)"
      target {
        arn = aws_sfn_state_machine.flow.arn
      }
    }
    """,
        [("schedule", Latency.HOURS)],
    ),
    "another function": (
        'resource "aws_lambda_function_url" "x" {\n function_name = aws_lambda_function.tag_2.function_name\n}',
        [],
    ),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("trigger", "expected"), TRIGGERS.values(), ids=TRIGGERS)
def test_terraform(read, trigger, expected):
    found = rows(read({"infra/main.tf": FUNCTION, "infra/triggers.tf": trigger}))
    assert [row[:3] for row in found] == [("functions.tag.app.handler", *row) for row in expected]


def test_a_function_of_google_cloud_in_terraform(read):
    text = """
        data "archive_file" "tag" {
          source_file = "../functions/tag/main.py"
        }
        resource "google_storage_bucket_object" "tag" {
          source = data.archive_file.tag.output_path
        }
        resource "google_cloudfunctions2_function" "tag" {
          build_config {
            entry_point = "run"
            source {
              storage_source {
                object = google_storage_bucket_object.tag.name
              }
            }
          }
          event_trigger {
            pubsub_topic = google_pubsub_topic.nightly.id
          }
        }
        resource "google_pubsub_topic" "nightly" {
          name = "nightly"
        }
        resource "google_cloud_scheduler_job" "nightly" {
          schedule = "0 3 * * *"
          pubsub_target {
            topic_name = google_pubsub_topic.nightly.id
          }
        }
    """
    files = {"infra/main.tf": text, "functions/tag/main.py": "", "functions/other/main.py": ""}
    assert rows(read(files)) == [("functions.tag.main.run", "schedule", Latency.HOURS, 23)]

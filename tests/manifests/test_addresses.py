"""Routes that manifests have requested, by the path of the address."""

import pytest

from batchlint.entrypoints.manifests import read_manifests
from batchlint.findings import Latency

TERRAFORM = """
resource "aws_lambda_function" "caller" {
  handler = "index.handler"
  environment {
    variables = { TARGET = "https://shop.example.com/admin/relabel" }
  }
}
resource "aws_scheduler_schedule" "nightly" {
  schedule_expression = "cron(0 4 * * ? *)"
  target { arn = aws_lambda_function.caller.arn }
}
"""
GOOGLE = """
resource "google_cloud_scheduler_job" "nightly" {
  schedule = "0 4 * * *"
  http_target {
    http_method = "POST"
    uri         = "${google_cloud_run_v2_service.api.uri}/admin/relabel"
  }
}
"""
DESTINATION = """
resource "aws_cloudwatch_event_api_destination" "relabel" {
  invocation_endpoint = "https://shop.example.com/admin/relabel"
}
resource "aws_cloudwatch_event_rule" "nightly" {
  schedule_expression = "rate(1 day)"
}
resource "aws_cloudwatch_event_target" "relabel" {
  rule = aws_cloudwatch_event_rule.nightly.name
  arn  = aws_cloudwatch_event_api_destination.relabel.arn
}
"""
WORKFLOW = """
on:
  schedule:
    - cron: "0 4 * * *"
jobs:
  relabel:
    runs-on: ubuntu-latest
    steps:
      - run: |
          curl -fsS -X POST -H "Authorization: Bearer ${{ secrets.TOKEN }}" "${{ secrets.APP_URL }}/admin/relabel"
"""
CRON_JOB = """
apiVersion: batch/v1
kind: CronJob
spec:
  schedule: "0 4 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          containers:
            - image: curlimages/curl
              command: ["curl", "-X", "POST", "http://shop:8000/admin/relabel"]
"""
SCRIPT = """
gcloud scheduler jobs create http relabel --schedule="0 4 * * *" \\
  --uri="${SERVICE_URL}/admin/relabel" --http-method=POST
"""


def targets(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    found, errors = read_manifests(folder, [name])
    assert not errors
    return [(each.target, each.kind, each.latency) for each in found]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("crontab", "0 4 * * * curl -s -o /tmp/out -X POST http://localhost:8000/admin/relabel?all=1\n"),
        ("crontab", "0 4 * * * wget -qO- https://shop.example.com/admin/relabel/ >/dev/null\n"),
        ("main.tf", TERRAFORM),
        ("main.tf", GOOGLE),
        ("main.tf", DESTINATION),
        (".github/workflows/nightly.yml", WORKFLOW),
        ("deploy/cronjob.yaml", CRON_JOB),
        ("deploy.sh", SCRIPT),
        ("cron.yaml", "cron:\n- url: /admin/relabel\n  schedule: every 24 hours\n"),
        ("vercel.json", '{"crons": [{"path": "/admin/relabel", "schedule": "0 4 * * *"}]}'),
    ],
)
def test_what_a_timer_requests(tmp_path, name, text):
    assert targets(tmp_path, name, text) == [("/admin/relabel", "schedule", Latency.HOURS)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("crontab", "0 4 * * * curl -s https://shop.example.com\n"),
        ("crontab", '0 4 * * * curl -s -H "Referer: x" -d https://shop.example.com/admin/relabel $TARGET\n'),
        ("main.tf", TERRAFORM.partition('resource "aws_scheduler_schedule"')[0]),
        ("main.tf", GOOGLE.replace("google_cloud_scheduler_job", "google_monitoring_uptime_check_config")),
    ],
)
def test_what_it_does_not(tmp_path, name, text):
    assert targets(tmp_path, name, text) == []

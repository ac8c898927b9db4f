"""Settings, and the one-line errors for those that cannot be used."""

import pytest

from batchlint.config import ConfigError, as_text, load
from batchlint.findings import Latency


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def read(text, name="pyproject.toml"):
        (tmp_path / name).write_text(text)
        return load([tmp_path])

    return read


def test_both_files_say_the_same(settings, tmp_path):
    toml = """
        [tool.batchlint]
        exclude = ["gen"]
        ignore = ["RTB104"]
        min-score = 70
        [[tool.batchlint.wrappers]]
        name = "corp.llm.ask"
        provider = "openai"
        [[tool.batchlint.entry-points]]
        name = "app.jobs.run"
        kind = "schedule"
        latency = "hours"
        [[tool.batchlint.latency]]
        path = "app/live/*"
        latency = "realtime"
    """
    one = settings(toml)
    (tmp_path / "pyproject.toml").unlink()
    two = settings(
        "exclude: [gen]\nignore: [RTB104]\nmin-score: 70\nwrappers: [{name: corp.llm.ask, provider: openai}]\n"
        "entry-points: [{name: app.jobs.run, kind: schedule, latency: hours}]\n"
        "latency: [{path: app/live/*, latency: realtime}]\n",
        ".batchlint.yaml",
    )
    for config in (one, two):
        assert (config.exclude, config.ignore, config.min_score) == (("gen",), ("RTB104",), 70)
        assert config.wrappers[0].name == "corp.llm.ask"
        assert config.entry_points[0].latency is Latency.HOURS
        assert config.latency[0].latency is Latency.REALTIME


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[tool.batchlint]\nexclde = []\n", "2: unknown key 'exclde' in [tool.batchlint]; did you mean 'exclude'?"),
        ("[tool.batchlint]\nmin-score = 101\n", "2: min-score must be a whole number from 0 to 100"),
        ("[tool.batchlint]\nselect = ['RTB9']\n", "2: select: unknown rule 'RTB9'"),
        ("[tool.batchlint]\nexclude = 'x'\n", "2: exclude must be a list of strings"),
        ("[tool.batchlint]\nforce-exclude = 1\n", "2: force-exclude must be true or false"),
        ("[tool.batchlint\n", "1: not valid TOML"),
        ("[[tool.batchlint.latency]]\nname = 'a.b'\nlatency = 'soon'\n", "3: latency: unknown latency 'soon'"),
        ("[[tool.batchlint.latency]]\nlatency = 'hours'\n", "1: latency needs either 'name' or 'path'"),
        ("[[tool.batchlint.wrappers]]\nname = 'a b'\nprovider = 'x'\n", "2: wrappers: 'a b' is not a dotted name"),
        ("[[tool.batchlint.entry-points]]\nname = 'a'\nkind = 'shedule'\n", "3: entry-points: unknown kind 'shedule'"),
    ],
)
def test_what_cannot_be_used_is_one_line_with_its_place(settings, text, error):
    with pytest.raises(ConfigError) as caught:
        settings(text)
    assert str(caught.value).startswith(f"pyproject.toml:{error}")
    assert "\n" not in str(caught.value)


def test_broken_yaml_and_two_files_are_refused(settings, tmp_path):
    with pytest.raises(ConfigError, match=r"\.batchlint\.yaml:2: not valid YAML"):
        settings("exclude: [\nselect: }\n", ".batchlint.yaml")
    (tmp_path / ".batchlint.yaml").write_text("exclude: []\n")
    with pytest.raises(ConfigError, match="keep one of them"):
        settings("[tool.batchlint]\n")


def test_the_nearest_folder_upward_counts_and_isolated_reads_none(settings, tmp_path):
    settings("[tool.batchlint]\nmin-score = 90\n")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert load([inner]).min_score == 90
    assert load([inner]).root == tmp_path
    assert load([inner], isolated=True).min_score == 60


def test_a_pyproject_of_other_tools_is_left_alone(settings):
    assert settings("[tool.ruff]\nexclde = [\n").source is None


def test_the_settings_shown_are_settings(settings, tmp_path):
    config = settings(
        "[tool.batchlint]\nexclude = ['gen']\n[[tool.batchlint.latency]]\nname = 'a.b'\nlatency = 'hours'\n"
    )
    again = settings(as_text(config))
    assert again.latency == config.latency
    assert "gen" in again.exclude

"""What is in deploy/ fits the program: figures that exist, variables that are read, files that are there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.ports import Figures
from bot.settings.shapes import Environment
from bot.settings.wording import SECRETS
from bot.web.metrics import Metrics

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
CHAPTER = "## Metrics and alerts"


class NoBooks:
    async def figures(self, now: datetime) -> Figures:
        return Figures()


@pytest.fixture(scope="module")
def labels() -> dict[str, set[str]]:
    """Of every figure that /metrics has, the labels it may carry; those that Prometheus adds are left out."""
    metrics = Metrics(NoBooks(), lambda: datetime.now(UTC), version="", schema="", database="")
    found: dict[str, set[str]] = {}
    for collector, names in metrics.registry._collector_to_names.items():
        for name in names:
            found[name] = set(getattr(collector, "_labelnames", ())) | ({"le"} if name.endswith("_bucket") else set())
    for family in metrics.registry.collect():  # those of the process itself are only known as they are read
        found |= {sample.name: set(sample.labels) for sample in family.samples if sample.name not in found}
    return found


def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))
    return loaded


def alerts() -> list[dict[str, Any]]:
    loaded = yaml.safe_load((DEPLOY / "alerts.yaml").read_text("utf-8"))
    return [rule for group in loaded["groups"] for rule in group["rules"]]


def expressions() -> Iterator[tuple[str, str]]:
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for rule in alerts():
        yield rule["alert"], rule["expr"]


def test_every_figure_that_is_asked_for_exists_with_its_labels(labels: dict[str, set[str]]) -> None:
    asked = list(expressions())
    assert len(asked) > 25
    for place, text in asked:
        named = re.findall(r"((?:kabar|process)_\w+)(?:\{([^}]*)\})?", text)
        assert named, place
        for name, matchers in named:
            assert name in labels, f"{place} asks for {name}"
            wanted = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers)) - {"job", "instance"}
            assert wanted <= labels[name], f"{place}: {name} has no {wanted - labels[name]}"
        grouped = {word.strip() for group in re.findall(r"by \(([^)]*)\)", text) for word in group.split(",")}
        assert grouped <= set().union(*(labels[name] for name, _ in named)) | {"instance", "job"}, place


def test_every_figure_of_ours_is_looked_at_and_explained(labels: dict[str, set[str]]) -> None:
    ours = {name for name in labels if name.startswith("kabar_") and not name.endswith(("_created", "_sum", "_count"))}
    bases = {name for name in ours if not {f"{name}_bucket", f"{name}_total"} & ours}
    seen = " ".join(text for _place, text in expressions())
    assert [name for name in sorted(bases) if name not in seen] == []
    chapter = (DEPLOY / "README.md").read_text("utf-8").partition(CHAPTER)[2].partition("\n## ")[0]
    assert [name for name in sorted(bases) if f"`{name}`" not in chapter] == []


def test_every_panel_and_alert_says_what_to_do() -> None:
    for panel in dashboard()["panels"]:
        assert len(panel["description"].split()) >= 12, panel["title"]
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in dashboard()["panels"]]
    assert len(places) == len(set(places))
    for rule in alerts():
        assert len(rule["annotations"]["action"].split()) >= 8, rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket")
    names = [rule["alert"] for rule in alerts()]
    assert len(names) == len(set(names))


def test_every_alert_is_explained() -> None:
    chapter = (DEPLOY / "README.md").read_text("utf-8").partition(CHAPTER)[2].partition("\n## ")[0]
    assert [rule["alert"] for rule in alerts() if f"`{rule['alert']}`" not in chapter] == []


COMPOSE = ("compose.yaml", "compose.cluster.yaml")


@pytest.mark.parametrize("name", COMPOSE)
def test_compose_files_name_what_there_is(name: str) -> None:
    loaded = yaml.safe_load((DEPLOY / name).read_text("utf-8"))
    known = {*Environment.model_fields, *(f"{secret}_FILE" for secret in SECRETS)}
    commented = set(re.findall(r"KABAR_\w+", (DEPLOY / name).read_text("utf-8")))
    assert commented <= known
    for service in loaded["services"].values():
        ours = {key for key in service.get("environment", {}) if key.startswith("KABAR_")}
        assert ours <= known
        assert set(service.get("secrets", ())) <= set(loaded.get("secrets", {}))
        for path in (service.get("build") or {}).get("dockerfile"), *_mounted(service):
            assert path is None or (ROOT / path).exists(), path


def _mounted(service: dict[str, Any]) -> list[str]:
    return [volume.partition(":")[0].removeprefix("../") for volume in service["volumes"] if volume.startswith("../")]


def test_the_cluster_is_three_replicas_of_one_image_and_a_database() -> None:
    services = yaml.safe_load((DEPLOY / "compose.cluster.yaml").read_text("utf-8"))["services"]
    replicas = [service for name, service in services.items() if name.startswith("kabar")]
    assert len(replicas) == 3
    assert len({service["image"] for service in replicas}) == 1
    assert sum("build" in service for service in replicas) == 1, "built once"
    for service in replicas:
        assert service["depends_on"] == {"database": {"condition": "service_healthy"}}
        assert "/healthz" in service["healthcheck"]["test"][-1]
        assert service["environment"]["KABAR_DATABASE_URL_FILE"].startswith("/run/secrets/")
    assert "pg_isready" in services["database"]["healthcheck"]["test"]
    assert "POSTGRES_PASSWORD" not in services["database"]["environment"], "secrets come by file"

"""What stands in deploy/ against what a worker really exports, and against Prometheus' own program.

Needs promtool (Debian's package `prometheus`); `make test-ops` runs it.
"""

import asyncio
import json
import os
import re
import subprocess
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from temporalio.client import Client

from conviction_gate.contracts.names import BOOKING_CASE, TASK_QUEUE
from conviction_gate.devserver import processes, worker_process
from conviction_gate.devserver.embedded import embedded
from conviction_gate.devserver.resources import free_port
from conviction_gate.encryption.converter import data_converter
from tests.support.state_repository import clean, state_repository
from tests.support.workflow_cases import (
    booking,
    case_id,
    conviction,
    correct,
    correction,
    rejected,
    settled,
    start,
)

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy/prometheus/alerts.yml"
DASHBOARD = ROOT / "deploy/grafana/conviction-gate.json"
METRIC = re.compile(r"\b(?:conviction_gate|temporal)_[a-z_]+\b")


def promtool(*arguments: str) -> None:
    said = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_prometheus_takes_the_rules_and_the_sample() -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", str(ALERTS))
    promtool("check", "config", str(ALERTS.with_name("prometheus.yml")))


def test_each_alert_fires_when_it_should() -> None:
    promtool("test", "rules", str(Path(__file__).with_name("alerts_test.yml")))
    tested = Path(__file__).with_name("alerts_test.yml").read_text()
    assert {name for name in alerts("alert") if tested.count(f"alertname: {name}") < 2} == set()


def test_each_alert_has_its_chapter_in_the_runbook() -> None:
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs/runbook.md").read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = [link.strip('"') for link in alerts("runbook_url")]
    assert len(links) == len(alerts("alert"))
    page = "{{ $externalURL }}/user/runbook.md#"
    assert {link for link in links if link.removeprefix(page) not in anchors} == set()


@pytest.fixture(scope="module")
async def worker_metrics(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a worker's metrics, after something of everything has happened to its cases."""
    with state_repository(broken_at_first()) as source:
        async with embedded(data=tmp_path_factory.mktemp("measured") / "data", worker=False) as running:
            address = f"127.0.0.1:{free_port()}"
            env = worker_process.environment(
                {
                    "TEMPORAL_ADDRESS": running.address,
                    "TEMPORAL_NAMESPACE": running.namespace,
                    "CONVICTION_GATE_DATA": str(running.data),
                    "CONVICTION_GATE_HISTORY_URL": source.url,
                    "CONVICTION_GATE_METRICS": address,
                    "CONVICTION_GATE_PATROL": "on",
                    "CONVICTION_GATE_REVIEW_REMINDER_EVERY": "1s",
                }
            )
            worker = await processes.spawn(*worker_process.COMMAND, env=env, stdout=PIPE, stderr=None)
            try:
                assert worker.stdout is not None
                assert (await worker.stdout.readline()).startswith(worker_process.READY_LINE)
                await something_of_everything(
                    await Client.connect(running.address, data_converter=data_converter)
                )
                yield address
            finally:
                await processes.stop(worker, worker_process.STOP_WITHIN)


async def test_each_metric_of_alerts_and_dashboard_is_one_that_a_worker_exports(worker_metrics: str) -> None:
    named = set(METRIC.findall(ALERTS.read_text())) | set(METRIC.findall(" ".join(queries())))
    assert len(named) > 15
    seen: dict[str, set[str]] = {}
    async with httpx.AsyncClient() as client:
        while not named <= seen.keys():
            await asyncio.sleep(0.5)
            seen = exported((await client.get(f"http://{worker_metrics}/metrics")).text)
    assert seen["conviction_gate_ready"] == {"1"}
    assert "MARKER" not in repr(seen)


@asynccontextmanager
async def prometheus(folder: Path, target: str) -> AsyncIterator[httpx.AsyncClient]:
    """A real Prometheus with the configuration of docker-compose.yml, but one target, read twice a second."""
    config = yaml.safe_load(ALERTS.with_name("prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "500ms", "evaluation_interval": "500ms"}
    config["rule_files"] = [str(ALERTS)]
    config["scrape_configs"] = [{"job_name": "conviction-gate", "static_configs": [{"targets": [target]}]}]
    (folder / "prometheus.yml").write_text(json.dumps(config))
    address = f"127.0.0.1:{free_port()}"
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    replaced = {
        "--config.file": str(folder / "prometheus.yml"),
        "--storage.tsdb.path": str(folder / "tsdb"),
        "--web.external-url": f"http://{address}",
        "--web.user-assets": str(ROOT / "docs"),
    }
    flags = [word.partition("=")[0] for word in compose["services"]["prometheus"]["command"]]
    server = await processes.spawn(
        "prometheus",
        *(f"{flag}={replaced[flag]}" for flag in flags),
        f"--web.listen-address={address}",
        env=dict(os.environ),
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as client:
            while True:
                with suppress(httpx.TransportError):
                    if (await client.get("/-/ready")).status_code == 200:
                        break
                await asyncio.sleep(0.1)
            yield client
    finally:
        await processes.stop(server, 10)


async def result(client: httpx.AsyncClient, query: str) -> list[dict[str, Any]]:
    answer = (await client.get("/api/v1/query", params={"query": query})).json()
    assert answer["status"] == "success", answer
    found: list[dict[str, Any]] = answer["data"]["result"]
    return found


async def test_the_dashboard_shows_numbers(worker_metrics: str, tmp_path: Path) -> None:
    """Every query of every panel, asked of a real Prometheus that reads a real worker."""
    async with prometheus(tmp_path, worker_metrics) as client:
        empty = {query.replace("$__rate_interval", "5s") for query in queries()}
        assert len(empty) > 15
        while empty:  # the first ranges need some scrapes
            await asyncio.sleep(0.5)
            empty = {query for query in empty if not await result(client, query)}
        assert [one["value"][1] for one in await result(client, queries()[0])] == ["1"]  # one worker is ready


async def test_the_link_of_an_alert_opens_the_runbook(tmp_path: Path) -> None:
    async with prometheus(tmp_path, f"127.0.0.1:{free_port()}") as client:  # no worker: an alert is pending
        alerts: list[dict[str, Any]] = []
        while not alerts:
            await asyncio.sleep(0.2)
            alerts = (await client.get("/api/v1/alerts")).json()["data"]["alerts"]
        (alert,) = alerts
        assert alert["labels"]["alertname"] == "NoWorkerReady"
        link = alert["annotations"]["runbook_url"]
        assert link.endswith("#no-worker-is-ready")
        page = await client.get(link)
        assert (page.status_code, "### No worker is ready" in page.text) == (200, True)


async def something_of_everything(client: Client) -> None:
    """A case to its correction, one that waits for a ruling, what is rejected, and a task that fails."""
    asked = case_id()
    charge = booking(asked)["charges"][0] | {"code": "99999"}
    await settled(await start(client, asked, booking(asked, charges=[charge])), "needs_review")
    case = case_id()
    handle = await start(client, case, booking(case, booking_number="MARKER"))
    await settled(handle, "waiting_for_court")
    await handle.signal("conviction", {"charge_id": "MARKER"})
    await rejected(handle, 1)
    await handle.signal("conviction", conviction())
    await handle.result()
    await correct(client, case, correction("k-1", "c-1"))
    await client.start_workflow(f"Not{BOOKING_CASE}", id="unknown", task_queue=TASK_QUEUE)


def broken_at_first() -> Any:
    """A source that answers the second question and all that follow."""
    asked = iter([(503, b"")])
    return lambda question: next(asked, None) or clean(question)


def exported(text: str) -> dict[str, set[str]]:
    """The values of each metric, with its labels before them."""
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if not line.startswith("#") and line:
            name, value = line.partition("{")[0].partition(" ")[0], line.rpartition(" ")[2]
            found.setdefault(name, set()).add(value)
            found.setdefault(f"{name} labels", set()).add(line)
    return found


def alerts(field: str) -> list[str]:
    return re.findall(rf"^ +(?:- )?{field}: (.+)$", ALERTS.read_text(), re.MULTILINE)


def queries() -> list[str]:
    dashboard = json.loads(DASHBOARD.read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]


def test_the_dashboard_asks_what_prometheus_understands(tmp_path: Path) -> None:
    """As recording rules, which promtool parses."""
    asked = [query.replace("$__rate_interval", "5m") for query in queries()]
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(asked)]
    assert len(rules) > 10
    (tmp_path / "panels.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    promtool("check", "rules", str(tmp_path / "panels.yml"))


def test_no_two_panels_lie_on_each_other() -> None:
    places = [panel["gridPos"] for panel in json.loads(DASHBOARD.read_text())["panels"]]
    cells = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


@pytest.mark.parametrize("path", [ALERTS, DASHBOARD])
def test_no_label_of_a_person_or_an_agency_is_asked_for(path: Path) -> None:
    assert not re.search(r"agency|workflow_id|tracking_number|case_id", path.read_text(), re.IGNORECASE)

"""deploy/kubernetes, as far as it can be tried without a cluster. Run by `make test-ops`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from conviction_gate.config.settings import Settings
from conviction_gate.desk.open_id import OpenId
from tests.ops.conftest import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
OLDEST, LATEST = "1.32", kubernetes_validate.latest_version()
NAMED = {"Connection", "WorkerDeployment"}  # the worker controller's own, of which there is no schema here

COMPONENT = "app.kubernetes.io/component"

Manifest = dict[str, Any]


def manifests() -> Iterator[Manifest]:
    for path in sorted(FOLDER.rglob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text())


def name_of(manifest: Manifest) -> str:
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def of_kind(kind: str, component: str = "worker") -> Manifest:
    """The one of this kind; of several, that of the component."""
    found = [manifest for manifest in manifests() if manifest["kind"] == kind]
    if len(found) > 1:
        found = [each for each in found if each["metadata"]["labels"][COMPONENT] == component]
    (only,) = found
    return only


@pytest.mark.parametrize("version", [OLDEST, LATEST])
@pytest.mark.parametrize("manifest", [each for each in manifests() if each["kind"] not in NAMED], ids=name_of)
def test_it_is_what_kubernetes_takes(manifest: Manifest, version: str) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


def test_the_controllers_workers_are_the_same_as_without_it() -> None:
    versioned = of_kind("WorkerDeployment")["spec"]["template"]
    assert versioned == of_kind("Deployment")["spec"]["template"]
    # So what is checked of one is checked of the other.
    as_pod = {"apiVersion": "v1", "kind": "Pod", **versioned}
    kubernetes_validate.validate(as_pod, LATEST, strict=True)


@pytest.mark.parametrize(("kind", "component"), [("Deployment", "worker"), ("Deployment", "door"), ("Job", "")])
def test_its_pods_are_restricted(kind: str, component: str) -> None:
    """What the Pod Security Standard `restricted` asks for, which their namespace enforces."""
    pod = of_kind(kind, component)["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(container["resources"]) == {"requests", "limits"}


def test_probes_and_settings_name_the_same_ports() -> None:
    settings = of_kind("ConfigMap")["data"]
    (worker,) = of_kind("Deployment")["spec"]["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in worker["ports"]}
    assert settings["CONVICTION_GATE_HEALTH"] == f"0.0.0.0:{ports['health']}"
    assert settings["CONVICTION_GATE_METRICS"] == f"0.0.0.0:{ports['metrics']}"
    probes = {probe: worker[probe]["httpGet"] for probe in worker if probe.endswith("Probe")}
    assert {get["port"] for get in probes.values()} == {"health"}
    assert probes["readinessProbe"]["path"] == "/readyz"
    assert probes["livenessProbe"]["path"] == "/livez"


def test_the_door_is_a_service_of_its_own() -> None:
    door = of_kind("Deployment", "door")["spec"]
    (container,) = door["template"]["spec"]["containers"]
    (port,) = container["ports"]
    assert (door["replicas"], port) == (2, {"name": "http", "containerPort": 8080})
    assert container["command"] == ["conviction-gate", "serve", "--host", "0.0.0.0"]
    assert {container[probe]["httpGet"]["port"] for probe in container if probe.endswith("Probe")} == {"http"}
    service = of_kind("Service")["spec"]
    assert service["selector"] == door["selector"]["matchLabels"]
    assert [named["targetPort"] for named in service["ports"]] == ["http"]
    assert of_kind("ConfigMap")["data"]["CONVICTION_GATE_PLAINTEXT"] == "refuse"


def test_the_door_alone_has_the_settings_of_the_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pod = of_kind("Deployment", "door")["spec"]["template"]["spec"]
    (mount,) = (each for each in pod["containers"][0]["volumeMounts"] if each["name"] == "secrets")
    assert mount["mountPath"] == of_kind("ConfigMap")["data"]["CONVICTION_GATE_SECRETS"]
    (volume,) = (each for each in pod["volumes"] if each["name"] == "secrets")
    desk = {"name": "conviction-gate-desk", "optional": True}
    assert [each["secret"] for each in volume["projected"]["sources"]] == [{"name": "conviction-gate"}, desk]
    page = (ROOT / "docs/deploying.md").read_text()
    _, _, command = page.partition("create secret generic conviction-gate-desk")
    for name, value in re.findall(r"--from-literal=(\w+)='?(.+?)'? \\", command.partition("```")[0]):
        (tmp_path / name).write_text(value)
    (tmp_path / "conviction_gate_desk_client_secret").write_text("the-secret-of-the-client")
    monkeypatch.setenv("CONVICTION_GATE_SECRETS", str(tmp_path))
    settings = Settings()
    assert settings.desk_scope == "openid gate.review"
    assert OpenId.from_settings(settings) is not None


def test_the_worker_has_time_to_finish() -> None:
    # Its own limit is 20 seconds (worker.py).
    assert of_kind("Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > 25


def test_secrets_are_named_and_not_told() -> None:
    assert "Secret" not in {manifest["kind"] for manifest in manifests()}
    for kind in ("Deployment", "Job"):
        pod = of_kind(kind)["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        (mount,) = (each for each in container["volumeMounts"] if each["name"] == "secrets")
        assert mount["mountPath"] == of_kind("ConfigMap")["data"]["CONVICTION_GATE_SECRETS"]
        (volume,) = (each for each in pod["volumes"] if each["name"] == "secrets")
        assert volume["secret"]["secretName"] == "conviction-gate"


def test_what_selects_the_workers_finds_them() -> None:
    of_all = [each for each in manifests() if each["kind"] == "PodDisruptionBudget"]
    budgets = [each for each in of_all if each["metadata"]["name"] != "conviction-gate-door"]
    labels = of_kind("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert len(budgets) == 2  # one for each way
    assert all(each["spec"]["selector"]["matchLabels"] == labels for each in budgets)
    assert of_kind("Deployment")["spec"]["selector"]["matchLabels"] == labels

"""How the server and the registry differ, as results of `conviction-gate doctor --compare`."""

from collections.abc import Collection

from conviction_gate.client.check_results import CheckResult, Level, some
from conviction_gate.client.diagnostics import Diagnostics, run_check
from conviction_gate.restore.comparison import Comparison, Differences
from conviction_gate.temporal.connect import connect


async def compare(diagnostics: Diagnostics) -> dict[str, CheckResult]:
    """What differs, after the checks. Reads the history of each open case; raises nothing."""
    differences: Differences | None = None

    async def check() -> CheckResult:
        nonlocal differences
        kept_for = diagnostics.namespace.config.workflow_execution_retention_ttl.ToTimedelta()
        reader = await connect(diagnostics.settings)  # unlike the checks, it reads encrypted payloads
        differences = await Comparison(reader, diagnostics.registry, kept_for).differences()
        return CheckResult("ok", "")

    failure = await run_check(check, within=None)
    return {"comparison": failure} if differences is None else results(differences)


def results(differences: Differences) -> dict[str, CheckResult]:
    """One result for each kind of difference, and how to reconcile it."""

    def result(level: Level, ids: Collection[str], what: str, step: str) -> CheckResult:
        if not ids:
            return CheckResult("ok", "none")
        return CheckResult(level, f"{len(ids):,} {what}: {some(ids)}", step)

    reconcile = "`conviction-gate reconcile`"
    first = min(differences.unknown.values(), default=None)
    return {
        "lost writes": result("fail", differences.unwritten, "whose writes the registry has lost", reconcile),
        "outdated cases": result(
            "fail", differences.behind, "open and without what the registry holds of them", reconcile
        ),
        "idle cases": result(
            "fail", differences.idle, "reopened in the registry, and no workflow runs for them", reconcile
        ),
        "ended in the registry only": result(
            "warn",
            differences.unknown,
            "whose end the registry has and the server does not",
            "the registry is right, so nothing to do for them; if the server was restored, have every sender "
            f"send again what it sent since the backup, which is older than {first and first.isoformat()}",
        ),
    }

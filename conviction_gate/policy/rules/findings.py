"""Rule 1: a finding about the person."""

from typing import Final

from conviction_gate.contracts.fields import FindingKind
from conviction_gate.policy.decision import Decision
from conviction_gate.policy.matter import Matter
from conviction_gate.policy.rules.rule import CLEAR, OURS, Words, policy_rule

_EXPLANATIONS: Final[dict[FindingKind, str]] = {
    "us_citizen": "The person is a US citizen.",
    "misidentified": "The prints belong to someone else.",
    "deceased": "The person has died.",
}


@policy_rule(
    1,
    Words(
        rule="clear.us_citizen",
        title="US citizen",
        when="Somebody found that the person is a US citizen, in this case or in an earlier one.",
        then=CLEAR,
        source=OURS,
    ),
    Words(
        rule="clear.misidentified",
        title="Wrong person",
        when="Somebody found that the prints belong to someone else.",
        then=CLEAR,
        source=OURS,
    ),
    Words(
        rule="clear.deceased",
        title="Death",
        when="The person has died.",
        then=CLEAR,
        source=OURS,
    ),
)
def subject_finding(matter: Matter) -> Decision | None:
    findings = matter.findings
    for finding, explanation in _EXPLANATIONS.items():
        if finding in findings:
            return Decision(
                rule=f"clear.{finding}",
                explanation=explanation,
                grounds=tuple(sorted(set(findings[finding]))),
            )
    return None

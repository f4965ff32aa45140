"""The rules of 27 April 2012, in the order in which they are asked; the first that answers decides.

Source: ICE's response of 27 April 2012 to the task force on Secure Communities. Each rule is under its
number, its public words and its source; what is this project's own reading is marked there. The order
matters: doubt about a charge (rule 4) is asked before a record is held against anybody (rules 5 and 6), and
a person's doubt (rules 7 and 9) before a clearance (rule 10).
"""

from typing import Final

from conviction_gate.policy.rules.court import convicted, no_conviction, traffic_only, unclear_disposition
from conviction_gate.policy.rules.findings import subject_finding
from conviction_gate.policy.rules.history import prior_conviction, priority_category, unclear_history
from conviction_gate.policy.rules.offenses import excluded_offense, non_traffic_charge, unclassified_charge
from conviction_gate.policy.rules.rule import PolicyRule

RULES_OF_APRIL_2012: Final[tuple[PolicyRule, ...]] = (
    subject_finding,
    excluded_offense,
    non_traffic_charge,
    unclassified_charge,
    prior_conviction,
    priority_category,
    unclear_history,
    convicted,
    unclear_disposition,
    no_conviction,
    traffic_only,
)

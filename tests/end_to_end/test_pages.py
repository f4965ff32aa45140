"""Every command of every page, taken from the page and run in its order in an empty folder."""

from collections.abc import AsyncIterator
from itertools import starmap
from pathlib import Path

import pytest

from conviction_gate.devserver.resources import free_port
from tests.support.fences import ROOT, UP, Shell, blocks, run_by
from tests.support.instance import Instance

CASES = "booking-case:CAZZ00100"

BOOKING = """\
cat > booking.json <<'JSON'
{"message_id": "jms-1", "sender": "county-jms", "agency": "CAZZ00100", "tracking_number": "A-1",
 "booking_number": "B-1", "booked_at": "2012-05-04T02:15:00-07:00", "subject": {"fbi_number": "F-1"},
 "charges": [{"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)", "severity": "misdemeanor"}]}
JSON
conviction-gate start booking.json
"""
"""The case that most pages speak of."""
ASKED = """\
until temporal workflow list --query "CaseStatus = 'needs_review'" | grep --quiet A-3; do sleep 0.1; done
"""
AFTER_THAT = f"""\
conviction-gate send - <<'JSON'
{{"type": "dismissal", "agency": "CAZZ00100", "tracking_number": "A-1", "message_id": "court-1",
 "decided_on": "2012-09-03", "disposition": "dismissed"}}
JSON
temporal workflow result -w booking-case:CAZZ00100:A-1 > /dev/null
sed 's/A-1/A-3/; s/F-1/F-3/; s/CA-VC/NCIC/; s/12500(a)/5499/' booking.json | conviction-gate start -
{ASKED}cat > events.jsonl <<'JSON'
{{"type": "court_update", "agency": "CAZZ00100", "tracking_number": "A-3", "message_id": "evt-5",
 "occurred_on": "2012-09-20", "entry": "transferred"}}
JSON
"""
"""It has been cleared, another one needs review, and a court sends what piled up."""
GIVEN = {
    "docs/catalog.md": f"""\
printf 'scheme,code\\nCA-VC,12500(a)\\n' > codes.csv
mkdir last-release && cp {ROOT}/conviction_gate/policy/catalog/ca-vc.csv last-release
""",
    "docs/files.md": f"""\
mkdir deploy && cp -r {ROOT}/deploy/maps deploy
grep -v ',W,' deploy/maps/samples/jail-bookings.csv > jail.csv
""",
    "README.md": f"""\
conviction-gate() {{
    if [ "$*" = 'review list' ]; then {ASKED.strip()}; fi  # a person is not as fast as this
    command conviction-gate "$@"
}}
""",
    "docs/runbook.md": BOOKING + AFTER_THAT,
    "docs/web-ui.md": BOOKING,
}
"""What the reader of a page has, beside a server."""


LEAVES = {
    "README.md": {"A-1": "flagged", "A-3": "waiting_for_court"},
    "docs/senders.md": {"S-1": "cleared", "S-2": "flagged", "S-3": "awaiting_booking"},
}
"""The cases of a page, and their status at its end; nothing was rejected."""
PRINTS = {"README.md": "ruled minor_traffic by r-7", "docs/senders.md": "withdrawn"}
STARTS = [
    page for page in run_by() if any(UP in block.text for block in blocks(ROOT / page) if block.is_run(None))
]
"""The pages with an `up` of their own."""
OTHERS = sorted(set(run_by()) - set(STARTS), key=lambda page: page == "docs/runbook.md")
"""The runbook comes last: it goes on to another key, which the worker beside it does not have."""


@pytest.mark.parametrize("page", STARTS)
async def test_each_page_that_starts_a_server_runs_as_it_stands(page: str, tmp_path: Path) -> None:
    after = "".join(starmap(until, LEAVES[page].items()))
    assert PRINTS[page] in await Shell(tmp_path).run(page, before=GIVEN.get(page, ""), after=after)


@pytest.mark.timeout(300)  # the runbook has thirty commands, of a second each
@pytest.mark.parametrize("page", OTHERS)
async def test_each_other_page_runs_as_it_stands_beside_a_server(
    page: str, tmp_path: Path, beside: Instance
) -> None:
    await Shell(tmp_path, beside).run(page, before=GIVEN.get(page, ""))


def until(number: str, status: str) -> str:
    """A command that ends once the case has the status, and that nothing was rejected."""
    query = f"WorkflowId = '{CASES}:{number}' AND CaseStatus = '{status}' AND NeedsAttention = false"
    return f'until temporal workflow list --query "{query}" | grep --quiet {number}; do sleep 0.1; done\n'


@pytest.fixture(scope="module")
async def beside(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Instance]:
    instance = Instance(tmp_path_factory.mktemp("up") / "data", free_port(), free_port())
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CONVICTION_GATE_ENCRYPTION")
        await instance.up()
    yield instance
    await instance.stop()

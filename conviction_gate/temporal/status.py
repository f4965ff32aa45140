"""The status code of a server's answer, found in the text of the SDK core's errors."""

import re
from typing import Final

_CODE: Final = re.compile(
    r"\b(Cancelled|Unknown|InvalidArgument|DeadlineExceeded|NotFound|PermissionDenied|ResourceExhausted|"
    r"FailedPrecondition|Aborted|Unimplemented|Internal|Unavailable|Unauthenticated)\b"
)
_DESCRIPTIONS: Final = {
    "entity was not found": "NotFound",
    "does not have permission": "PermissionDenied",
    "does not have valid authentication": "Unauthenticated",
    "currently unavailable": "Unavailable",
}
"""Some errors spell the code out."""


def status_code_in(text: str) -> str | None:
    """The code; None where there is none. The rest of the text may hold personal data."""
    if match := _CODE.search(text):
        return match[1]
    return next((code for words, code in _DESCRIPTIONS.items() if words in text), None)

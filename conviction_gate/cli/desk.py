"""The command `desk`: a link that signs you in at the pages for reviewers."""

from http import HTTPStatus

from conviction_gate.cli.options import Data
from conviction_gate.cli.session import fail
from conviction_gate.config.data_folder import running_server
from conviction_gate.config.settings import Settings
from conviction_gate.door.local_caller import key_file


def desk(data: Data = None) -> None:
    """Print a link to the pages for reviewers of this machine's `up`. It works once, for 15 minutes."""
    import httpx

    folder = Settings().data.absolute()
    server = running_server(folder)
    if server is None or server.door_address is None:
        fail(f"nothing runs on {folder}; start it with `conviction-gate up`, or name its folder with --data")
    try:
        key = key_file(folder).read_text(encoding="utf-8").strip()
        answer = httpx.post(
            f"{server.door_address}/desk/links", headers={"Authorization": f"Bearer {key}"}, trust_env=False
        )
    except OSError as error:
        fail(f"{key_file(folder)} cannot be read ({error.strerror}); run this as the user who runs `up`")
    except httpx.HTTPError as error:
        fail(f"the door does not answer ({error}); wait a moment, and look at the terminal of `up`")
    if answer.status_code != HTTPStatus.CREATED:
        fail(f"the door refused ({answer.status_code}); see whether callers.toml still has the caller `local`")
    print(f"{server.door_address}{answer.json()['path']}")

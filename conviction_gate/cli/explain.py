"""The command `explain`: a case from its booking to its outcome, in plain sentences."""

from rich.text import Text

from conviction_gate.cli.options import Case, Data, Json
from conviction_gate.cli.printing import clean, console, print_command, print_text, short_id
from conviction_gate.cli.session import found_case


def explain(case: Case, as_json: Json = False, data: Data = None) -> None:
    """Explain one case, open or closed: what was received, what it changed, which rule decided, and why."""
    from conviction_gate.client.explanation import explanation  # it imports the rules, which takes a while

    explained = explanation(found_case(case))
    if as_json:
        print(explained.model_dump_json(indent=2))
        return
    out = console()
    out.print(Text(clean(short_id(explained.case_id)), "bold"), soft_wrap=True)
    for part in explained.parts:
        out.print(Text(f"\n{part.title}", "bold"))
        for line in part.lines:
            text = line.lstrip()
            prefix = " " * (2 + len(line) - len(text))
            if text.startswith("`") and text.endswith("`"):
                print_command(out, text.strip("`"), prefix)
            else:
                print_text(out, text, prefix=prefix)

"""Serve a simulated province in the foreground; SIGTERM or Ctrl-C stops it. All data are synthetic."""

import argparse
import json
import secrets
import signal
import threading
from pathlib import Path

from simulator import build_province, serve
from simulator.province import SCENARIOS, SEED


def main() -> None:
    """Serve the simulated gateways until the process is stopped."""
    options = _options()
    province = build_province(
        options.home / "simulator",
        seed=options.seed,
        scale=options.scale,
        scenario=options.scenario,
        rows=dict(map(_rows, options.rows)),
    )
    stop = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: stop.set())
    with serve(province, options.port, _tokens(options.home, list(province.senders)), options.known_as) as gateway:
        if options.faults:
            gateway.set_faults(*json.loads(options.faults.read_text(encoding="utf-8")))
        senders = options.home / "senders.yml"
        gateway.write_senders(senders)
        records = sum(d.announcement["record_count"] for d in province.deliveries)
        print(
            f"ready: {len(province.senders)} gateways at {gateway.base_url}, {len(province.deliveries)} deliveries, "
            f"{records} records, {len(province.expected)} things amiss on purpose; senders in {senders}",
            flush=True,
        )
        stop.wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("var"), help="folder for the cache, the tokens and senders.yml")
    parser.add_argument("--port", type=int, default=8099, help="port on 127.0.0.1; 0 means any free port")
    parser.add_argument("--known-as", metavar="NAME", help="listen on all addresses, as host NAME in senders.yml")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the default night of 60,000 survey forms, 2,000 employers ...")
    parser.add_argument("--scenario", choices=SCENARIOS, default="default")
    parser.add_argument(
        "--rows",
        action="append",
        default=[],
        metavar="FEED:SENDER=N",
        help="an exact number of records, e.g. labour_survey:803=200000; feeds: labour_survey, employers, job_orders",
    )
    parser.add_argument("--faults", type=Path, help='a JSON file with faults from the start, e.g. [{"kind": "503", "times": 3}]')
    return parser.parse_args()


def _rows(text: str) -> tuple[tuple[str, str], int]:
    target, _, count = text.partition("=")
    feed, _, sender = target.partition(":")
    if not count.isdigit() or feed not in ("labour_survey", "employers", "job_orders"):
        raise SystemExit(f"--rows takes FEED:SENDER=N, not {text!r}")
    return (feed, sender), int(count)


def _tokens(home: Path, senders: list[str]) -> dict[str, str]:
    """The tokens of this installation, kept in a file of mode 0600, so that they are the same after each start."""
    path = home / "secrets" / "gateway_tokens.json"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    known: dict[str, str] = json.loads(path.read_text(encoding="ascii")) if path.exists() else {}
    tokens = {code: known.get(code) or secrets.token_urlsafe(24) for code in senders}
    if tokens.keys() - known.keys():
        partial = path.with_suffix(".new")
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(known | tokens), encoding="ascii")
        partial.replace(path)
    return tokens


if __name__ == "__main__":
    main()

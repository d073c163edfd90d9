"""Feed spoilt files to the readers: ``python -m tests.fuzz --reader roster-xlsx --cases 1000``.

Without ``--reader``, all of them. Each reader runs in a process of its own, so that a crash of a library in machine
code is seen and told with the number of its case; case ``N`` of a seed is always the same, and ``--begin N --cases 1``
runs it alone.
``--guided SECONDS`` lets coverage choose the cases instead (atheris, Linux on x86-64).
"""

from __future__ import annotations

import argparse
import json
import sys

from tests.fuzz.running import Run, guide, run_here, run_in_child


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--reader", action="append")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--begin", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--here", action="store_true", help="in this process: for the parent, and debuggers")
    parser.add_argument("--guided", type=int, metavar="SECONDS")
    options = parser.parse_args()
    if options.guided:
        if not options.reader:
            parser.error("--guided takes the --reader that coverage guides")
        return guide(options.reader[0], seconds=options.guided)
    if options.here:
        sys.stdout.write(
            json.dumps(run_here(Run(options.reader[0], options.seed, options.begin, options.cases))) + "\n"
        )
        return 0
    from tests.fuzz.readers import READERS  # noqa: PLC0415 - the children load it

    failed = 0
    for reader in options.reader or READERS:
        report = run_in_child(Run(reader, options.seed, options.begin, options.cases))
        sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        failed += len(report["findings"])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

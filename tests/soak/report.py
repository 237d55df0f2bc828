"""The report of a soak, as text and for docs/soak.md."""

from collections import Counter

from tests.soak.soaking import Soaked


def report(soaked: Soaked) -> str:
    plan, seconds = soaked.plan, soaked.seconds
    kinds = Counter(fault.kind for fault in soaked.faults)
    broker = "embedded" if plan.embedded_broker else "Redis"
    lines = [
        f"{plan.searches} searches and {plan.enrolments} enrolments ({plan.imported} by imports),"
        f" {len(soaked.faults)} faults, seed {plan.seed}, broker {broker}",
        f"{seconds:.0f} s ({plan.acts / seconds:.2f} acts a second),"
        f" then {soaked.settling:.1f} s until nothing was open",
        f"process groups started {soaked.starts} times;"
        f" files that killed processes left: {soaked.evidence.strays}",
        "",
        "faults: " + ", ".join(f"{kind} {many}" for kind, many in sorted(kinds.items())),
        "answers: "
        + ", ".join(f"{what} {many}" for what, many in soaked.evidence.notes.answers.most_common()),
        *(f"{what}: {many}" for what, many in soaked.numbers.items()),
        *(f"memory, {growth}" for growth in soaked.evidence.growths),
        "",
        *_verdict(soaked),
    ]
    return "\n".join(lines)


def _verdict(soaked: Soaked) -> list[str]:
    lines = []
    for judge, findings in soaked.findings.items():
        lines.append(f"{judge.replace('_', ' ')}: {'holds' if not findings else 'DOES NOT HOLD'}")
        lines += [f"    {finding}" for finding in findings[:20]]
        if len(findings) > 20:
            lines.append(f"    and {len(findings) - 20} more")
    return lines

"""The runs of the suite that prove it, against servers that are known to be wrong or right, and what they said."""

from __future__ import annotations

from operator import methodcaller

from conformance.harness.run.options import PACKAGE
from conformance.reporting.qualification import Kill
from conformance.requirements import features, profiles, requirements
from tests.tools.digests import of_fault
from tests.tools.workers import Task

BROKEN = {"core": "fail", "extended": "warn"}
IN_A_BROWSER = "ohif"  # the profile whose faults tests/ohif.py tries
LOAD = "8"
HANDFUL = 6
# What is drawn in the scenario has faults of its own, and is three quarters of its requests.
WALK = ("test_sample_study.py", "test_wire_forms.py")


def against_fault(fault, whole=False, every_answer=True):
    """The run of the checks that judge a fault: of the whole walk where it breaks a step of it, else of what it breaks.

    `whole`: of all checks. Without `every_answer`: of those that ask themselves, if what it breaks has any. They are
    many times faster than those that judge every response of the run so far.
    """
    broken = [requirements()[name] for name in fault.breaks]
    profile = next((item.profile for item in broken), None)
    beside = [profile] if profile and profiles()[profile].beside else []
    options = claims(profile=None if beside else profile) | {"also": beside}
    paths = (str(PACKAGE),)
    if any(item.id.startswith("SEED-") for item in broken) and not whole:
        paths = tuple(str(PACKAGE / "scenario" / name) for name in WALK)
    elif not whole:
        options |= {"requirement": list(fault.breaks), "every_answer": every_answer}
    if any(item.load for item in broken):
        options["load"] = LOAD
    return Task(fault.id, methodcaller("fault_url", fault.id), options, paths)


def against_variant(variant):
    """The run of all checks against a variant, or a group of them."""
    return Task(variant.id, methodcaller("variant_url", variant.id), {**claims(variant.lacks), "load": LOAD})


def claims(lacks=(), profile=None):
    """The options that claim every feature but those lacking and their parts, or what a profile claims."""
    supports = [name for name, feature in features().items() if not {name, feature.part_of} & {*lacks}]
    return {"profile": profile, "supports": [] if profile else supports, "lacks": list(lacks)}


def is_proven_here(requirement):
    """True if a fault has to be caught by the checks of a requirement, without a browser."""
    return requirement.tier in BROKEN and requirement.profile != IN_A_BROWSER


def broken(checks):
    """The checks that a fault turned red (core) or yellow (extended), by requirement."""
    found = {}
    for check in checks:
        if check.verdict in ("fail", "warn") and check.tier in BROKEN:
            found.setdefault(check.requirement, []).append(check)
    return found


def kill(fault, checks):
    """What one fault did."""
    red = broken(checks)
    return Kill(
        fault=fault.id,
        sentence=fault.sentence,
        seen=list(fault.seen),
        breaks=list(fault.breaks),
        says=fault.says,
        caught=[name for name in fault.breaks if any(fault.says in check.summary for check in red.get(name, []))],
        red={name: [check.id for check in found] for name, found in sorted(red.items())},
        blocked=sum(check.verdict == "blocked" for check in checks),
        basis=of_fault(fault),
    )


def complaints(fault, checks):
    """What is wrong with the run against a fault, as sentences: it was missed, or turned too much red; or nothing."""
    red = broken(checks)
    found = [_missed(name, fault, red) for name in fault.breaks if name not in kill(fault, checks).caught]
    if len(others := sorted(set(red) - set(fault.breaks))) > HANDFUL:
        found.append(f"{fault.id} turns more than {HANDFUL} other requirements red: {', '.join(others)}")
    found += [f"{fault.id}: {check.id} is in error: {check.summary}" for check in checks if check.verdict == "error"]
    return found


def alarms(variant, run):
    """What is wrong with the run against a correct server, as sentences: all that is red but for what it may break."""
    name = variant.id
    forms = {check.id for check in run.checks if check.requirement in variant.breaks}
    forms |= {requirement.lower() for requirement in variant.breaks}  # what a check waits for may be either
    red = [check for check in run.checks if check.verdict in ("fail", "blocked", "error")]
    red = [check for check in red if check.id not in forms and check.blocked_by not in forms]
    found = [f"{name} is correct, but {check.id} is {check.verdict}: {check.summary}" for check in red]
    judged = run.overall == "conforms" or variant.breaks
    return found or ([] if judged else [f"{name} is correct, but {run.overall}"])


def _missed(requirement, fault, red):
    """What to know, and to do, where the checks of a requirement miss a fault that they are there to catch."""
    said = "; ".join(f"{check.id} says {check.summary!r}" for check in red.get(requirement, []))
    return (
        f"{requirement} does not catch the fault {fault.id} ({fault.sentence}): "
        f"{f'{said}, nothing says {fault.says!r}' if said else 'no check of it turned red'}. "
        f"Mend the check or, where the fault is what changed, its `breaks` and `says`; then: "
        f"python tests/prove.py {fault.id}"
    )

"""`--original-uids` touches nothing that was there before, whatever the server says of it."""

from __future__ import annotations

import pytest

from tests.attacks.conftest import SAMPLES
from tests.attacks.test_removal import ENDED

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("short_waits")]
RED, GREEN, BLUE = SAMPLES
WORDS = ("--original-uids", "-k", "test_store_blue", "--supports", "delete")
SEARCHES = ("/studies", "/series", "/instances")


@pytest.mark.parametrize("name", ENDED)
def test_study_of_somebody_is_not_touched_where_searches_fail(front, call, name):
    front.put(GREEN)
    front.rule(
        lambda request: ENDED[name](request) if request.path.endswith(SEARCHES) and "UID=" in request.query else None
    )

    run = call("run", front.url, *WORDS)

    assert (run.code, front.sent("POST"), front.sent("DELETE")) == (5, [], [])
    assert front.instances(GREEN.study_uid) == [GREEN.sop_instance_uid]
    why = "a front limits the rate of requests" if str(name) == "429" else "run without --original-uids"
    assert why in " ".join(run.said.split())


@pytest.mark.parametrize("name", ENDED)
def test_study_is_not_stored_where_metadata_do_not_say_that_it_is_absent(front, call, name):
    front.rule(lambda request: ENDED[name](request) if request.path.endswith("/metadata") else None)

    run = call("run", front.url, *WORDS)

    assert (run.code, front.sent("POST")) == (5, [])


@pytest.mark.parametrize("instance", [RED, BLUE])
def test_instance_of_the_same_uid_in_another_study_is_not_touched(front, call, instance):
    front.put(instance.edited(StudyInstanceUID="1.2.3.4"))

    run = call("run", front.url, *WORDS)

    assert (run.code, front.sent("POST"), front.studies()) == (5, [], ["1.2.3.4"])
    assert "is already on the server and would be overwritten and deleted" in run.said


def test_study_that_is_proven_absent_is_stored_and_removed(front, call):
    run = call("run", front.url, *WORDS)

    assert run.code in (0, 6)
    assert (len(front.sent("POST")) > 0, front.studies()) == (True, [])

"""Generated sequences of stores, deletes and questions, each judged against a model of what must be on the server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from conformance.dicomweb.differences import Deviation
from conformance.harness.data import replay
from conformance.harness.data.examples import Examples
from conformance.harness.data.population import refusal
from conformance.harness.data.replay import Line
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.evidence import Recorder
from conformance.harness.wire.visibility import POLL_SECONDS
from conformance.kit import expect, sequences, stow
from conformance.kit.claims import unclaimed
from conformance.kit.kinds import Label
from conformance.kit.questions import PATHS, Question, Seen
from conformance.kit.sequences import CONTENTS, POOL, Delete, Model, Place, Slate, Step, Store, Walk
from conformance.kit.verdicts import Blocked, Deviates, Refused, Unclaimed

NUMBER = 4
ATTEMPTS = 60
SCRIPT = "sequence.sh"
PLAIN = "population.sequences"


class Sequences:
    """`sequences(questions)`: the responses are right after any stores, including repeated ones.

    With `deletes`, after any deletes too. The response to each question has to be right in the plain case first.
    """

    def __init__(self, connection: Connection, recorder: Recorder, label: Label) -> None:
        self._connection = connection
        self._recorder = recorder
        self._label = label
        self._slates = 0
        self._plain: dict[Question, Deviation | None] = {}

    def __call__(self, questions: Sequence[Question], *, deletes: bool = False) -> None:
        """Raises the deviation after the smallest sequence, with the path of a script that sends it again.

        Blocked if no question gets a right response in the plain case, Refused if the instances are refused, Unclaimed
        if every question is about an unclaimed feature.
        """
        usable = tuple(self._usable(questions))
        walked: dict[Walk, Walker] = {}

        def judge(walk: Walk) -> None:
            walked[walk] = walker = self._walker()
            walker(walk)

        def smaller(walk: Walk) -> Iterator[Walk]:
            yield walked[walk].reached
            yield from sequences.smaller(walk)

        walks = sequences.drawn(deletes).map(lambda steps: Walk(steps, usable))
        if failure := Examples(walks, self._recorder, NUMBER, ATTEMPTS, smaller).judged(judge):
            path = self._recorder.attach(SCRIPT, walked[failure.example].script(str(failure.why)).encode())
            raise failure.attached(path) from None

    def _walker(self) -> Walker:
        self._slates += 1
        return Walker(self._connection, self._recorder, Slate(self._label, f"sequence-{self._slates}"))

    def _usable(self, questions: Sequence[Question]) -> list[Question]:
        """The questions with right responses about a stored instance and about an absent one."""
        claims = self._connection.claims
        asked = [item for item in questions if not item.feature or item.feature in claims]
        asked = [item for item in asked if not unclaimed("GET", item.target, claims)]
        if not asked:
            raise Unclaimed("what the questions ask for is not claimed")
        self._try(asked)
        plainer = [item.plainer for item in asked if self._plain[item] is not None and item.plainer is not None]
        self._try(plainer)
        usable = [item for item in (*asked, *plainer) if self._plain[item] is None]
        if not usable:
            self._recorder.cite(PLAIN)
            raise Blocked.of(next(filter(None, map(self._plain.get, asked))))
        return usable

    def _try(self, questions: Sequence[Question]) -> None:
        """Try the questions in the plain case that have not been tried yet."""
        if new := [item for item in questions if item not in self._plain]:
            with self._recorder.of(PLAIN):
                self._plain |= self._tried(new)

    def _tried(self, questions: Sequence[Question]) -> dict[Question, Deviation | None]:
        """The deviation that each question shows in the plain case, None if there is none."""
        empty, one = self._walker(), self._walker()
        one.admitted(POOL[0])
        return {item: empty.wrong(item, POOL[0]) or one.wrong(item, POOL[0]) for item in questions}


class Walker:
    """Executes a walk on a slate of its own, and the same steps on the model. `reached` is the executed part of it."""

    def __init__(self, connection: Connection, recorder: Recorder, slate: Slate) -> None:
        self._connection = connection
        self._recorder = recorder
        self._slate = slate
        self._model = Model()
        self._lines: list[Line] = []
        self._delay = connection.visibility.delay
        self._changed = time.monotonic()
        self.reached = Walk((), ())

    def __call__(self, walk: Walk) -> None:
        """Take the steps, and ask the questions between them. Raises Deviates and Warn."""
        each, last = ([item for item in walk.questions if item.last is late] for late in (False, True))
        for step in walk.steps:
            if not self.reached.steps:
                self._ask(each, step.place)
            self.reached = Walk((*self.reached.steps, step), ())
            self._take(step)
            self._ask(each, step.place)
        if walk.steps:
            self._ask(last, walk.steps[-1].place)

    def wrong(self, question: Question, place: Place) -> Deviation | None:
        """The deviation that the response to a question shows, if any."""
        try:
            self._answer(question, place)
        except Deviates as error:
            return error.deviation
        return None

    def admitted(self, place: Place) -> None:
        """Store an instance. Raises Refused if it is refused, Blocked if its store fails otherwise."""
        response = self._connection.post("studies", stow.multipart([self._slate.instance(place)]))
        if 400 <= response.status < 500:
            why = f"the server refuses the instances of the sequences: {refusal(response)}"
            raise Refused(why, "instances of sequences")
        if response.status not in stow.STORED:
            raise Blocked(f"the store of an instance returned {response.status}", "seed-store-studies")
        self._model.store(place, CONTENTS[0])

    def script(self, failure: str) -> str:
        """The requests so far as a script."""
        return replay.script(self._lines, failure, self._delay)

    def _ask(self, questions: Sequence[Question], place: Place) -> None:
        for question in questions:
            self.reached = self.reached._replace(questions=(question,))
            self._answer(question, place)

    def _answer(self, question: Question, place: Place) -> None:
        """Ask, repeatedly for as long as a change may take to show, until the response is right."""

        def ask() -> Seen:
            response = self._connection.get(question.path(self._slate, place), accept=question.accept)
            return question.judge(response, self._slate, self._model, place)

        expected = question.expected(self._slate, self._model, place)
        try:
            seen = self._patiently(ask)
        finally:
            self._note("GET", f"ask for {question.target}", expected)
        # Until a change is visible everywhere, responses may alternate between two contents.
        for one, content in seen.items() if not self._delay else ():
            self._model.saw(one, content)

    def _patiently(self, ask: Callable[[], Seen]) -> Seen:
        while True:
            try:
                return ask()
            except Deviates:
                if time.monotonic() >= self._changed + self._delay:
                    raise
                time.sleep(POLL_SECONDS)

    def _take(self, step: Step) -> None:
        match step:
            case Store():
                self._store(step)
            case Delete():
                self._delete(step)
        self._changed = time.monotonic()

    def _store(self, step: Store) -> None:
        body = stow.multipart([self._slate.instance(step.place, step.content)])
        there = step.place in self._model.contents
        try:
            response = self._connection.post("studies", body)
        finally:
            self._note("POST", str(step), "200, 202 or 409" if there else "200 or 202")
        if there and response.status == 409:
            return
        if step.place in self._model.deleted:
            expect.outcome(response, stow.STORED, (409,), "an archive may refuse to store again what was deleted")
        expect.stored(response)
        self._model.store(step.place, step.content)

    def _delete(self, step: Delete) -> None:
        gone = [self._slate.instance(place) for place in self._model.within(step.place, step.level)]
        target = PATHS[step.level].format(**self._slate.uids(step.place))
        try:
            response = self._connection.delete(target, removing=gone)
        finally:
            self._note("DELETE", str(step), "200, 202 or 204")
        expect.deleted(response)
        self._model.delete(step.place, step.level)

    def _note(self, method: str, sentence: str, expected: str) -> None:
        """Keep the last request for the script."""
        exchanges = self._recorder.exchanges.get(self._recorder.check, [])
        sent = [exchange.curl for exchange in exchanges if exchange.method == method]
        self._lines += [Line(sentence, expected, curl) for curl in sent[-1:]]

"""The kind whose text has every printable character, for searches."""

from __future__ import annotations

import string
from urllib.parse import unquote

import pytest

from conformance.kit.kinds import Label, made
from conformance.kit.kinds.characters import VALUES, name_of
from conformance.query import characters, scopes

LABEL = Label("2.25.1", "DWC0000-")
PRINTABLE = set(string.digits + string.ascii_letters + string.punctuation + " ") - {"\\"}


def test_values_have_every_printable_character_and_fit_a_short_string():
    assert {character for value in VALUES.values() for character in value} == PRINTABLE
    assert max(map(len, VALUES.values())) <= 16
    assert len({name_of(value) for value in VALUES.values()}) == len(VALUES)


@pytest.mark.parametrize("key", characters.KEYS)
def test_each_key_has_each_value_once_and_a_search_for_it_has_a_key_of_the_run(key):
    archive = made("characters", LABEL)
    searched = scopes.scope(archive, characters.KEYS[key], everybody=key in scopes.OF_PATIENTS)

    for name in VALUES:
        text = characters.text_of(searched, key, name)
        having = [uid for uid, ds in searched.entities.items() if text in scopes.values(ds, key)]
        asked = f"{searched.target} {searched.narrow} {text}"
        assert len(having) == 1
        assert LABEL.patient_prefix[:7] in asked or archive[0].study_uid in asked


@pytest.mark.parametrize("encoding", characters.ENCODINGS)
def test_each_encoding_says_the_same(encoding):
    for value in VALUES.values():
        assert unquote(characters.ENCODINGS[encoding](value)) == value

"""Writes docs/configuration.md from the types of endpoints.toml, the profiles and the features.

python docs/configuration.py
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import msgspec
from msgspec import inspect as types

from conformance.harness.endpoint.authentication import KINDS, Authentication
from conformance.harness.endpoint.endpoints import Settings
from conformance.requirements import features, profiles

PAGE = Path(__file__).with_suffix(".md")
WORDS = {
    types.StrType: "text",
    types.FloatType: "number",
    types.IntType: "whole number",
    types.BoolType: "true or false",
}

HEAD = """\
# Configuration

The file `endpoints.toml` has a table for each server; `dicomweb-conformance run NAME` judges the server of that name.
A server that needs neither credentials nor other settings needs no file: `dicomweb-conformance run URL`.
`dicomweb-conformance probe URL` suggests a table. If the file has an error, the command says so in one sentence with
the line, and sends nothing (exit code 4).

```toml
[pacs]
url = "https://pacs.example/dicom-web"
auth = { kind = "basic", username = "acceptance", password = { env = "PACS_PASSWORD" } }
tls = { ca = "certs/in-house.pem" }
supports = ["delete"]
baseline = "pacs-baseline.toml"
product = "Example Archive"
version = "1.12.7"
```

For a server without DELETE, `removal` says how its own API deletes a study. For Orthanc:

```toml
removal = { lookup = "../tools/lookup", url = "../studies/{ID}" }
```

`dicomweb-conformance probe NAME` recognises such a server and suggests the line, and with `--try-removal` it stores one
small instance and finds out which removal works. On the command line of `run` and `cleanup`, `--removal orthanc` means
the line above, and `--removal dicomweb` means DELETE. Without any removal a run asks before it stores anything; in
scripts it then needs `--leave`.

`python docs/configuration.py` generates this page from the types that read the file.
"""


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD, *_sections(types.type_info(Settings), "An endpoint", []), _profiles(), _features()]
    return "\n".join(parts)


def _sections(struct: types.Type, title: str, seen: list[type]) -> list[str]:
    """The table of a struct, and after it those of the structs that its keys hold, each once."""
    seen.append(struct.cls)
    rows, below = [], []
    if struct.tag != struct.cls.__name__:
        rows.append(f'| `kind` | `"{struct.tag}"` | always | |')
    for field in struct.fields:
        kinds = list(_kinds(field.type))
        below += [kind for kind in kinds if isinstance(kind, types.StructType)]
        rows.append(f"| `{field.encode_name}` | {_words(kinds)} | {_default(field)} | {_description(field.type)} |")
    about = re.sub(r"\s+", " ", inspect.getdoc(struct.cls) or "")
    found = [f"## {title}\n\n{about}\n\n| key | value | default | meaning |\n|---|---|---|---|", *rows, ""]
    for kind in below:
        if kind.cls not in seen:
            found += _sections(kind, _title(kind), seen)
    return found


def _kinds(item: types.Type) -> list[types.Type]:
    """The types that a value may be of, without None."""
    match item:
        case types.Metadata():
            return _kinds(item.type)
        case types.UnionType():
            return [kind for inner in item.types for kind in _kinds(inner)]
        case types.NoneType():
            return []
        case types.CustomType(cls=cls) if cls is Authentication:
            return [types.type_info(kind) for kind in KINDS.values()]
        case types.DictType():
            return [item, *(kind for kind in _kinds(item.value_type) if isinstance(kind, types.StructType))]
        case _:
            return [item]


def _words(kinds: list[types.Type]) -> str:
    return ", or ".join(dict.fromkeys(_word(kind) for kind in kinds))


def _word(kind: types.Type) -> str:
    match kind:
        case types.StructType():
            return f"[{_title(kind)}](#{_title(kind).lower().replace(' ', '-')})"
        case types.ListType():
            return "list of text"
        case types.DictType():
            return "table of text"
        case types.LiteralType():
            return ", or ".join(f'`"{value}"`' for value in kind.values)
        case _:
            return WORDS[type(kind)]


def _title(struct: types.StructType) -> str:
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", struct.cls.__name__).split()
    return " ".join([words[0], *(word.lower() for word in words[1:])])


def _default(field: types.Field) -> str:
    if field.required:
        return "required"
    value = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    if value is None or value in ([], {}, "") or isinstance(value, msgspec.Struct):
        return ""
    return f'`"{value}"`' if isinstance(value, str) else f"{value:g}"


def _description(item: types.Type) -> str:
    return (item.extra_json_schema or {}).get("description", "") if isinstance(item, types.Metadata) else ""


def _profiles() -> str:
    pages = {"viewers": "viewers.md", "ohif": "ohif.md"}
    beside = "none: with `also`, beside another profile ([{0}]({0}))"
    rows = [
        f"| `{name}` | {item.sentence} | {item.edition} |"
        f" {beside.format(pages[name]) if item.beside else ', '.join(item.claims)} |"
        for name, item in profiles().items()
    ]
    return "\n".join(
        [
            "## Profiles\n",
            "| name | what is scored | edition | claimed features |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _features() -> str:
    rows = [
        f"| `{name}` | {item.title} | {f'`{item.part_of}`' if item.part_of else ''} | {item.standard} |"
        for name, item in features().items()
    ]
    return "\n".join(
        [
            "## Features\n",
            "The names in `supports` and `lacks`. A server that lacks a feature also lacks its parts, unless `supports`"
            " names them.\n",
            "| name | meaning | part of | the standard |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

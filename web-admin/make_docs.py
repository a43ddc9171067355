#!/usr/bin/python3
"""Makes what merchants read: openapi.json, the reference page and one page for each problem, from openapi.yaml and problems.yaml.

    make_docs.py --source web-admin --out build/share/web
    make_docs.py --source web-admin --codes-in docs/merchants.md      # only the table of codes that is kept there

The pages are static and ask for nothing else: no script, no font, no picture. A mistake in the documents (a doubled key, a
reference to nothing, a code that no table has) ends with a sentence that names it.
"""
import argparse
import html
import json
import pathlib
import re
import sys

import yaml

METHODS = ("get", "post", "patch", "delete", "put")
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; color: #1c2126; background: #fff }
h1, h2, h3 { line-height: 1.25 } h2 { margin-top: 3rem; border-bottom: 2px solid #d5dbe1 } h3 { margin-top: 2.2rem }
code, pre { font: 0.9em ui-monospace, monospace; background: #f1f4f7; border-radius: 3px } code { padding: 0 .25em } pre { padding: .8em; overflow: auto }
table { border-collapse: collapse; width: 100%; margin: .6rem 0 } th, td { text-align: left; vertical-align: top; padding: .3em .6em; border-bottom: 1px solid #e2e7ec }
th { background: #f7f9fb } .method { display: inline-block; min-width: 4.8em; font-weight: 700; color: #0b5c8a } .must { color: #a3262a }
nav ul { columns: 2 22rem; list-style: none; padding: 0 } h3, li, p { overflow-wrap: anywhere } a { color: #0b5c8a } .quiet { color: #55606b }
@media (max-width: 44rem) { table { display: block; overflow-x: auto } }
@media (prefers-color-scheme: dark) { body { color: #e3e8ec; background: #14181c } code, pre { background: #20262c } th { background: #1b2127 }
 th, td { border-color: #2c343c } h2 { border-color: #39434d } a, .method { color: #7cc4ee } .must { color: #f0898c } .quiet { color: #9aa6b1 } }
"""


class Mistake(Exception):
    """What is wrong in the documents."""


class StrictLoader(yaml.SafeLoader):
    """YAML in which a key that stands twice is a mistake, not the silent loss of the first."""


def strict_mapping(loader, node, deep=False):
    seen = set()
    for key, value in node.value:
        name = loader.construct_object(key, deep=True)
        if value.tag.endswith(":null"):
            raise Mistake(f"{key.start_mark.name}:{key.start_mark.line + 1}: {name} says nothing; has it a comma without quotes?")
        if name in seen:
            raise Mistake(f"{key.start_mark.name}:{key.start_mark.line + 1}: {name} stands twice")
        seen.add(name)
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG,
                             lambda loader, node: strict_mapping(loader, node, True))


def load(path):
    with open(path, encoding="utf-8") as f:
        return yaml.load(f, StrictLoader)


# ---- the document ----
def follow(document, reference):
    """What "#/components/..." stands for."""
    found = document
    for name in reference.removeprefix("#/").split("/"):
        if not isinstance(found, dict) or name not in found:
            raise Mistake(f"openapi.yaml: {reference} leads to nothing")
        found = found[name]
    return found


def check_references(document, part):
    if isinstance(part, dict):
        if "$ref" in part:
            follow(document, part["$ref"])
        for value in part.values():
            check_references(document, value)
    elif isinstance(part, list):
        for value in part:
            check_references(document, value)


def operations(document):
    """Yields (path, method, operation)."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def codes_of(operation, problems):
    """The codes that an operation can answer with, in the order of the table."""
    named = operation.get("x-problems", [])
    for code in named:
        if code not in problems:
            raise Mistake(f"openapi.yaml: {operation['operationId']}: problems.yaml has no {code}")
    once = any(p.get("$ref", "").endswith("/IdempotencyKey") for p in operation.get("parameters", []))
    return [code for code, p in problems.items()
            if code in named or p.get("every") or (p.get("body") and "requestBody" in operation) or (p.get("once") and once)]


def member_of(document, schema, name):
    """The schema of an object's member, its own or of what it is made of; None without one."""
    schema = follow(document, schema["$ref"]) if "$ref" in schema else schema
    if name in schema.get("properties", {}):
        member = schema["properties"][name]
        return follow(document, member["$ref"]) if "$ref" in member else member
    return next(filter(None, (member_of(document, part, name) for part in schema.get("allOf", []))), None)


def things_of(document, operation):
    """The schema of what an operation lists; None for one that is no list."""
    content = operation["responses"].get("200", {}).get("content", {}).get("application/json")
    items = member_of(document, content["schema"], "items") if content else None
    return items["items"] if items and items.get("type") == "array" else None


def add_filters(document, operation):
    """The parameters of a list: pages, time, and state by the words that its things have."""
    named, things = operation.get("x-list"), things_of(document, operation)
    if (named is None) != (things is None):
        raise Mistake(f"openapi.yaml: {operation['operationId']}: x-list goes with an answer that has items, and with no other")
    if named is None:
        return
    time, state = (member_of(document, things, named.get(what, "")) for what in ("time", "state"))
    if time is None or state is None:
        raise Mistake(f"openapi.yaml: {operation['operationId']}: x-list must name the things' members of time and state")
    common = document["components"]["parameters"]
    note = " A day begins at 00:00 in Korea." if time.get("format") == "date" else ""
    operation["parameters"] = [*operation.get("parameters", []), {"$ref": "#/components/parameters/Cursor"}, {"$ref": "#/components/parameters/Limit"},
                               *({**common[name], "description": common[name]["description"].replace("{time}", named["time"]) + note}
                                 for name in ("ListAfter", "ListBefore")),
                               {"name": named["state"], "in": "query", "description": "Only those of it",
                                "schema": {"type": "string", **{k: v for k, v in state.items() if k != "description"}}}]


def complete(document, problems):
    """Adds to each operation the statuses of its problems, to lists their filters, and the codes to the problem's schema."""
    check_references(document, document)
    known = set()
    for path, method, operation in operations(document):
        name = operation.get("operationId")
        if not name or name in known:
            raise Mistake(f"openapi.yaml: {method} {path}: an operationId of its own is missing")
        known.add(name)
        if operation.get("tags", [None])[0] not in [t["name"] for t in document["tags"]]:
            raise Mistake(f"openapi.yaml: {name}: its first tag is not in tags")
        add_filters(document, operation)
        operation["x-problems"] = codes_of(operation, problems)
        for code in operation["x-problems"]:
            operation["responses"].setdefault(str(problems[code]["status"]), {"$ref": "#/components/responses/Problem"})
    for name in ("ListAfter", "ListBefore"):
        del document["components"]["parameters"][name]
    document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] = list(problems)


# ---- pages ----
def inline(text):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(str(text), quote=False))


def prose(text):
    return "".join(f"<p>{inline(part)}</p>\n" for part in re.split(r"\n\s*\n", (text or "").strip()) if part)


def page(title, body):
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">\n'
            f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>\n<body>\n{body}</body></html>\n")


def type_of(schema):
    """A schema's type in few words, linked where it has a name."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f'<a href="#schema-{name}">{name}</a>'
    if "const" in schema:
        return f"<code>{html.escape(json.dumps(schema['const']))}</code>"
    if "enum" in schema:
        return " | ".join(f"<code>{html.escape(str(v))}</code>" for v in schema["enum"])
    if "oneOf" in schema:
        return " or ".join(type_of(s) for s in schema["oneOf"])
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    kind = schema.get("type", "any")
    return " or ".join(kind) if isinstance(kind, list) else kind


def limits_of(schema):
    words = []
    for low, high, unit in (("minLength", "maxLength", "characters"), ("minimum", "maximum", ""), ("minItems", "maxItems", "members")):
        if low in schema or high in schema:
            words.append(f"{schema.get(low, '')}..{schema.get(high, '')} {unit}".strip())
    if "default" in schema:
        words.append(f"default <code>{html.escape(str(schema['default']))}</code>")
    return ", ".join(words)


def rows_of(schema, prefix=""):
    """The table rows of an object's members, nested ones with their path."""
    for name, member in schema.get("properties", {}).items():
        must = ' <span class="must">required</span>' if name in schema.get("required", []) else ""
        about = " ".join(filter(None, [inline(member.get("description", "")), f'<span class="quiet">{limits_of(member)}</span>']))
        yield f"<tr><td><code>{prefix}{name}</code>{must}</td><td>{type_of(member)}</td><td>{about}</td></tr>\n"
        nested = member.get("items", member)
        yield from rows_of(nested, f"{prefix}{name}{'[]' if nested is not member else ''}.")


def schema_table(schema):
    rows = "".join(rows_of(schema))
    return f"<table><tr><th>member</th><th>type</th><th></th></tr>\n{rows}</table>\n" if rows else ""


def example_of(document, schema):
    """A value by the examples, defaults and first words of a schema; None where there is none to give."""
    if "$ref" in schema:
        schema = {**follow(document, schema["$ref"]), **{k: v for k, v in schema.items() if k != "$ref"}}
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("type") == "object":
        named = {n: example_of(document, m) for n, m in schema.get("properties", {}).items() if n in schema.get("required", [])}
        return {n: v for n, v in named.items() if v is not None}
    if "enum" in schema:
        return schema["enum"][0]
    return 53000 if schema.get("type") == "integer" else None


def body_schema(part):
    return next(iter(part["content"].values()))["schema"]


def parameters_table(document, parameters):
    rows = ""
    for p in parameters:
        p = follow(document, p["$ref"]) if "$ref" in p else p
        must = ' <span class="must">required</span>' if p.get("required") else ""
        rows += (f"<tr><td><code>{p['name']}</code>{must}</td><td>{p['in']}</td><td>{type_of(p['schema'])}</td>"
                 f'<td>{inline(p.get("description", ""))} <span class="quiet">{limits_of(p["schema"])}</span></td></tr>\n')
    return f"<table><tr><th>parameter</th><th>in</th><th>type</th><th></th></tr>\n{rows}</table>\n" if rows else ""


def operation_section(document, problems, path, method, operation):
    out = f'<h3 id="{operation["operationId"]}"><span class="method">{method.upper()}</span> <code>{path}</code></h3>\n'
    out += f"<p><b>{inline(operation['summary'])}</b></p>\n" + prose(operation.get("description"))
    out += parameters_table(document, operation.get("parameters", []))
    if "requestBody" in operation:
        schema = body_schema(operation["requestBody"])
        shown = json.dumps(example_of(document, schema) or {}, ensure_ascii=False, indent=2)
        out += f"<p>Body: {type_of(schema)}</p>\n<pre>{html.escape(shown, quote=False)}</pre>\n"
    for status, response in sorted(operation["responses"].items()):
        if "content" in response and int(status) < 400:
            out += f"<p>{status}: {inline(response['description'])}: {type_of(body_schema(response))}</p>\n"
        elif int(status) < 400:
            out += f"<p>{status}: {inline(response['description'])}</p>\n"
    links = ", ".join(f'<a href="/problems/{c}">{c}</a>' for c in codes_of(operation, problems) if not problems[c].get("every"))
    return out + (f'<p class="quiet">Problems of its own: {links}</p>\n' if links else "")


def reference_page(document, problems):
    sections, contents = "", ""
    for tag in document["tags"]:
        mine = [o for o in operations(document) if o[2]["tags"][0] == tag["name"]]
        if not mine:
            continue
        sections += f"<h2>{tag['name']}</h2>\n" + prose(tag.get("description"))
        contents += f"<h3>{tag['name']}</h3><ul>"
        for path, method, operation in mine:
            sections += operation_section(document, problems, path, method, operation)
            contents += f'<li><span class="method">{method.upper()}</span> <a href="#{operation["operationId"]}">{path}</a></li>'
        contents += "</ul>\n"
    schemas = "".join(f'<h3 id="schema-{name}">{name}</h3>\n{prose(schema.get("description"))}'
                      + "".join(f"<p>All of {type_of(part)}, and:</p>\n" for part in schema.get("allOf", [])) + schema_table(schema)
                      for name, schema in document["components"]["schemas"].items())
    title = document["info"]["title"]
    return page(title, f'<h1>{title}</h1>\n{prose(document["info"]["description"])}<p><a href="/openapi.json">OpenAPI 3.1</a> · '
                       f'<a href="/problems/">all problems</a></p>\n<nav>{contents}</nav>\n{sections}<h2>Objects</h2>\n{schemas}')


def problem_page(code, problem):
    return page(code, f"<h1><code>{code}</code></h1>\n<p>HTTP status {problem['status']}</p>\n<h2>What it means</h2>\n"
                      f"{prose(problem['what'])}<h2>What to do</h2>\n{prose(problem['do'])}"
                      '<p><a href="/problems/">All problems</a> · <a href="/docs">the reference</a></p>\n')


def problems_page(problems):
    rows = "".join(f'<tr><td>{p["status"]}</td><td><a href="/problems/{code}">{code}</a></td><td>{inline(p["what"])}</td></tr>\n'
                   for code, p in sorted(problems.items(), key=lambda item: (item[1]["status"], item[0])))
    return page("Problems", f"<h1>Problems</h1>\n<p>By RFC 9457. Programs read <code>code</code>.</p>\n<table>{rows}</table>\n")


# ---- the table in a document that is kept with the sources ----
CODES_BEGIN, CODES_END = "<!-- codes: written by make docs from web-admin/problems.yaml -->\n", "<!-- end of codes -->"


def codes_table(problems):
    rows = "".join(f"| {p['status']} | `{code}` | {' '.join(p['what'].split())} | {' '.join(p['do'].split())} |\n"
                   for code, p in sorted(problems.items(), key=lambda item: (item[1]["status"], item[0])))
    return f"| status | code | means | do |\n|---|---|---|---|\n{rows}"


def renew_codes(source, path):
    """Writes the table anew between its two marks."""
    text = path.read_text(encoding="utf-8")
    if text.count(CODES_BEGIN) != 1 or text.count(CODES_END) != 1:
        raise Mistake(f"{path}: must have each once: {CODES_BEGIN.strip()} and {CODES_END}")
    before, rest = text.split(CODES_BEGIN)
    path.write_text(before + CODES_BEGIN + codes_table(load(source / "problems.yaml")) + CODES_END + rest.split(CODES_END)[1], encoding="utf-8")


# ---- files ----
def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def make(source, out):
    document, problems = load(source / "openapi.yaml"), load(source / "problems.yaml")
    for code, problem in problems.items():
        if not re.fullmatch("[a-z_]{3,47}", code) or not {"status", "what", "do"} <= problem.keys():
            raise Mistake(f"problems.yaml: {code}: must be lower case and have status, what and do")
    complete(document, problems)
    write(out / "docs.html", reference_page(document, problems))
    write(out / "problems" / "index.html", problems_page(problems))
    for code, problem in problems.items():
        write(out / "problems" / f"{code}.html", problem_page(code, problem))
    # Last: make takes it for the sign that all is there.
    write(out / "openapi.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True, type=pathlib.Path)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=pathlib.Path)
    what.add_argument("--codes-in", type=pathlib.Path)
    options = parser.parse_args()
    try:
        if options.codes_in:
            renew_codes(options.source, options.codes_in)
        else:
            make(options.source, options.out)
    except (Mistake, yaml.YAMLError) as mistake:
        print(f"make_docs: {mistake}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

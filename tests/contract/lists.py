"""What every list of the API must obey, as its own document names it: pages, the filters by time, and that by state.

A list is whatever the document marks with x-list; a GET whose answer has items and no such mark is not made into a document
(web-admin/make_docs.py), so that no list is left out here. What is expected of a filter is reckoned from the list without one.
"""
import datetime
import urllib.parse

KOREA = datetime.timezone(datetime.timedelta(hours=9))


def lists(document):
    """Yields (path, operation)."""
    for path, item in document["paths"].items():
        if "x-list" in item.get("get", {}):
            yield path, item["get"]


def time_of(thing, member):
    """None for a thing that has none."""
    if thing[member] is None:
        return None
    at = datetime.datetime.fromisoformat(thing[member].replace("Z", "+00:00"))
    return at if at.tzinfo else at.replace(tzinfo=KOREA)           # a day: its beginning


def in_query(at):
    return urllib.parse.quote(at.isoformat(timespec="milliseconds"))


def word_of(value):
    return str(value).lower() if isinstance(value, bool) else value


class Listing:
    """One list: ask(query) answers (status, body)."""

    def __init__(self, operation, ask):
        self.time, self.state, self.ask = operation["x-list"]["time"], operation["x-list"]["state"], ask
        self.parameters = {p["name"]: p["schema"] for p in operation["parameters"] if "name" in p}

    def all(self, query="", limit=100):
        """The things of all pages."""
        things, cursor = [], None
        while True:
            asked = "&".join(filter(None, [f"limit={limit}", query, f"cursor={cursor}" if cursor else ""]))
            status, page = self.ask(asked)
            if status != 200:
                raise AssertionError(f"{asked}: HTTP {status}: {page}")
            things += page["items"]
            if not page["has_more"]:
                return things
            cursor = page["next_cursor"]

    def words(self, things):
        schema = self.parameters[self.state]
        return schema.get("enum") or (["true", "false"] if schema["type"] == "boolean" else sorted({t[self.state] for t in things}) + ["no.such"])

    def faults(self):
        """What is wrong, in words; and how many things there are."""
        missing = {"created_after", "created_before", self.state} - self.parameters.keys()
        if missing:
            return [f"has no {sorted(missing)}"], 0
        things = self.all()
        found = [] if self.all(limit=max(1, len(things) // 3)) == things else ["smaller pages hold something else"]
        times = sorted({at for t in things if (at := time_of(t, self.time)) is not None})
        ends = {times[0], times[len(times) // 2], times[-1]} if times else set()
        questions = [(f"created_after={in_query(at)}", lambda t, at=at: (x := time_of(t, self.time)) is not None and x > at) for at in ends]
        questions += [(f"created_before={in_query(at)}", lambda t, at=at: (x := time_of(t, self.time)) is not None and x < at) for at in ends]
        questions += [(f"{self.state}={word}", lambda t, word=word: word_of(t[self.state]) == word) for word in self.words(things)]
        if things and times:
            word = word_of(things[len(things) // 2][self.state])
            questions.append((f"{self.state}={word}&created_before={in_query(times[-1])}",
                              lambda t: word_of(t[self.state]) == word and (x := time_of(t, self.time)) is not None and x < times[-1]))
        for query, belongs in questions:
            got, expected = self.all(query), [t for t in things if belongs(t)]
            if got != expected:
                found.append(f"?{query}: {len(got)} of {len(things)} things where {len(expected)} were expected")
        if "enum" in self.parameters[self.state] or self.parameters[self.state]["type"] == "boolean":
            status, problem = self.ask(f"{self.state}=nothing")
            if status != 400 or problem.get("field") != f"/{self.state}":
                found.append(f"?{self.state}=nothing: HTTP {status}: {problem}")
        return found, len(things)

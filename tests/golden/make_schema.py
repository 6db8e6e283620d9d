#!/usr/bin/env python3
"""make_schema.py - random schemas with texts that the jsonschema package finds valid or not

A line: {"schema": {...}, "yes": [valid texts in our way of writing], "no": [texts that are
not valid, or no JSON]}. tests/bench/schema_peer.py draws from here, too.
"""
import json
import random

import jsonschema

WORDS = ["a", "b", "name", "names", "n\"q", "ä", "äö", "back\\slash", "日本", "tab\t", "", "e mail", "x" * 20]
SCALARS = ["a", "ab", "abc", "b", "", "ä", "\u00e9", "\U0001f600", "q\"q", "\\", "\n", "1", 1, 12, 123, -1, 0, 1.5,
           1e3, True, False, None]


def bounds(r, low, high):
    a, b = sorted((r.randint(low, high), r.randint(low, high)))
    return a, b


def number(r, integer):
    s = {"type": "integer" if integer else "number"}
    scale = 10 ** r.randint(0, 9)
    if r.random() < 0.6:
        a, b = bounds(r, -scale, scale)
        if not integer and r.random() < 0.5:
            a, b = a / 100, b / 100
        if r.random() < 0.7:
            s["exclusiveMinimum" if b - a > 1 and r.random() < 0.4 else "minimum"] = a
        if r.random() < 0.7:
            s["exclusiveMaximum" if b - a > 1.1 and r.random() < 0.4 else "maximum"] = b
        if b - a <= 2 and len(s) > 2:
            s = {"type": s["type"], "minimum": a, "maximum": b + 1}
    return s


def string(r):
    s = {"type": "string"}
    if r.random() < 0.6:
        a, b = bounds(r, 0, 12)
        s.update(minLength=a, maxLength=b)
    return s


def schema(r, depth=0):
    kind = r.choice(["object", "array", "string", "number", "integer", "boolean", "null", "enum", "const", "types"]
                    if depth < 4 else ["string", "number", "integer", "boolean", "enum"])
    if depth == 0 and r.random() < 0.7:
        kind = "object"
    if kind == "object":
        names = r.sample(WORDS, r.randint(0, 6))
        s = {"type": "object", "properties": {n: schema(r, depth + 1) for n in names}}
        s["required"] = [n for n in names if r.random() < 0.5]
        s["additionalProperties"] = r.random() < 0.2
    elif kind == "array":
        s = {"type": "array", "items": schema(r, depth + 1)}
        if r.random() < 0.7:
            s["minItems"], s["maxItems"] = bounds(r, 0, 4)
    elif kind == "string":
        s = string(r)
    elif kind in ("number", "integer"):
        s = number(r, kind == "integer")
    elif kind == "enum":
        s = {"enum": r.sample(SCALARS, r.randint(1, 6))}
    elif kind == "const":
        s = {"const": r.choice(SCALARS)}
    elif kind == "types":
        s = {**number(r, r.random() < 0.5), **string(r)}
        types = ["string", "null", "boolean", "integer" if r.random() < 0.5 else "number"]
        s["type"] = r.sample(types, r.randint(1, 4))
        if "number" not in s["type"]:  # its bounds may hold no integer
            for k in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
                s.pop(k, None)
    else:
        s = {"type": kind}
    if r.random() < 0.1:
        s["description"] = "a note"
    return s


class Cannot(Exception):
    pass


def one_number(r, s, integer):
    low, high = s.get("minimum", s.get("exclusiveMinimum", -10**6)), s.get("maximum", s.get("exclusiveMaximum", 10**6))
    for _ in range(100):
        v = r.randint(int(min(low, high)) - 1, int(max(low, high)) + 1)
        if not integer and r.random() < 0.5:
            v = round(v + r.random(), r.randint(1, 6))
        if jsonschema.Draft202012Validator(s).is_valid(v) and "e" not in json.dumps(v):
            return v
    raise Cannot


def value(r, s):
    """A random value of a schema, as Python has it, its members in the schema's order."""
    if "const" in s:
        return s["const"]
    if "enum" in s:
        return r.choice(s["enum"])
    kind = s["type"] if isinstance(s["type"], str) else r.choice(s["type"])
    if kind == "object":
        return {k: value(r, v) for k, v in s["properties"].items() if k in s["required"] or r.random() < 0.5}
    if kind == "array":
        low = s.get("minItems", 0)
        return [value(r, s["items"]) for _ in range(r.randint(low, s.get("maxItems", low + 3)))]
    if kind == "string":
        low = s.get("minLength", 0)
        return "".join(r.choice("ab \"\\\n\u00e4日\U0001f600/") for _ in range(r.randint(low, s.get("maxLength", low + 9))))
    if kind in ("number", "integer"):
        return one_number(r, {**s, "type": kind}, kind == "integer")
    return r.random() < 0.5 if kind == "boolean" else None


def plain(v):
    return json.dumps(v, ensure_ascii=False, separators=(",", ":")).encode()


def refuse(name):
    raise ValueError(name)


def is_valid(check, text):
    try:
        return check.is_valid(json.loads(text.decode("utf-8"), parse_constant=refuse))
    except ValueError:
        return False


def change(r, text):
    b = bytearray(text)
    for _ in range(r.randint(1, 2)):
        at = r.randint(0, len(b))
        how = r.randint(0, 3)
        if how == 0 or at == len(b):
            b.insert(at, r.choice(b'"{}[]:,0123456789.-eE\\ \tatruefalsn\x80\xc3\xff'))
        elif how == 1:
            del b[at]
        elif how == 2:
            b[at] = r.choice(b'"{}[],:0123456789-.eua\x80\xe0')
        else:
            del b[at:]
    return bytes(b).replace(b"\n", b"")


def row(r):
    s = schema(r)
    check = jsonschema.Draft202012Validator(s)
    yes, no = [], []
    for _ in range(4):
        try:
            yes.append(plain(value(r, s)))
        except Cannot:
            pass
    for t in yes * 2:
        t = change(r, t)
        if not is_valid(check, t):
            no.append(t.decode(errors="ignore"))
    no = [t for t in no if not is_valid(check, t.encode())]
    return {"schema": s, "yes": [t.decode() for t in yes], "no": no}


def main():
    r = random.Random(20)
    for _ in range(150):
        print(json.dumps(row(r), ensure_ascii=False))


if __name__ == "__main__":
    main()

/* schemakey.c - the keywords of one schema */
#include "infer/schemakey.h"

#define COUNT_MAX INT32_MAX

/* What a keyword's value must be. */
enum want { ANY, OBJECT, LIST, COUNT, NUMBER, BOOLEAN };

static const struct {
    const char *text;
    enum want want;
} names[SCHEMAKEY_NAMES] = {
    [SCHEMAKEY_TYPE] = { "type", ANY },
    [SCHEMAKEY_ENUM] = { "enum", LIST },
    [SCHEMAKEY_CONST] = { "const", ANY },
    [SCHEMAKEY_PROPERTIES] = { "properties", OBJECT },
    [SCHEMAKEY_REQUIRED] = { "required", LIST },
    [SCHEMAKEY_ADDITIONAL] = { "additionalProperties", BOOLEAN },
    [SCHEMAKEY_ITEMS] = { "items", OBJECT },
    [SCHEMAKEY_MIN_ITEMS] = { "minItems", COUNT },
    [SCHEMAKEY_MAX_ITEMS] = { "maxItems", COUNT },
    [SCHEMAKEY_MIN_LENGTH] = { "minLength", COUNT },
    [SCHEMAKEY_MAX_LENGTH] = { "maxLength", COUNT },
    [SCHEMAKEY_MINIMUM] = { "minimum", NUMBER },
    [SCHEMAKEY_MAXIMUM] = { "maximum", NUMBER },
    [SCHEMAKEY_ABOVE] = { "exclusiveMinimum", NUMBER },
    [SCHEMAKEY_BELOW] = { "exclusiveMaximum", NUMBER },
};

/* They say nothing about values. */
static const char *const notes[] = { "title",     "description", "default",
                                     "examples",  "deprecated",  "readOnly",
                                     "writeOnly", "$schema",     "$id",
                                     "$comment" };

static const struct {
    const char *text;
    unsigned type;
} types[] = {
    { "object", SCHEMAKEY_OBJECT },   { "array", SCHEMAKEY_ARRAY },
    { "string", SCHEMAKEY_STRING },   { "number", SCHEMAKEY_NUMBER },
    { "integer", SCHEMAKEY_INTEGER }, { "boolean", SCHEMAKEY_BOOLEAN },
    { "null", SCHEMAKEY_NULL },
};

static int
find_name(struct json key)
{
    for (int i = 0; i < SCHEMAKEY_NAMES; i++)
        if (json_is(key, str_of(names[i].text)))
            return i;
    return -1;
}

static int
is_note(struct json key)
{
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (json_is(key, str_of(notes[i])))
            return 1;
    return 0;
}

/* At most 60 bytes of it are shown. */
static int
shown(struct json v)
{
    return (int)(v.n < 60 ? v.n : 60);
}

static int
check_value(int i, struct json v, struct err *e)
{
    static const char *const what[] = {
        [OBJECT] = "an object",
        [LIST] = "a list of one value or more",
        [COUNT] = "a whole number, 0 to 2147483647",
        [NUMBER] = "a number",
        [BOOLEAN] = "true or false",
    };
    int64_t n;
    int ok = 1;

    switch (names[i].want) {
    case ANY: break;
    case OBJECT: ok = v.type == JSON_OBJECT; break;
    case LIST:
        ok = v.type == JSON_ARRAY &&
             (i == SCHEMAKEY_REQUIRED || json_at(v, 0).type != JSON_NONE);
        break;
    case COUNT: ok = v.type == JSON_NUMBER && json_int(v, 0, COUNT_MAX, &n); break;
    case NUMBER: ok = v.type == JSON_NUMBER; break;
    case BOOLEAN: ok = v.type == JSON_TRUE || v.type == JSON_FALSE; break;
    }
    if (ok)
        return 0;
    return err_set(e, ERR_USAGE, "'%s' must be %s here", names[i].text,
                   what[names[i].want]);
}

static int
add(struct schemakey *k, struct json key, struct json value, struct err *e)
{
    int i = find_name(key);

    if (i < 0 && is_note(key))
        return 0;
    if (i < 0)
        return err_set(e, ERR_USAGE, "%.*s is not supported", shown(key), key.p);
    if (k->value[i].type != JSON_NONE)
        return err_set(e, ERR_USAGE, "'%s' is there twice", names[i].text);
    k->value[i] = value;
    return check_value(i, value, e);
}

static int
add_type(struct schemakey *k, struct json v, struct err *e)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (v.type == JSON_STRING && json_is(v, str_of(types[i].text))) {
            k->types |= types[i].type;
            return 0;
        }
    return err_set(e, ERR_USAGE, "%.*s is no type", shown(v), v.p);
}

static int
read_types(struct schemakey *k, struct err *e)
{
    struct json v = k->value[SCHEMAKEY_TYPE], none;
    struct json_iter it;

    if (v.type == JSON_NONE) {
        if (k->value[SCHEMAKEY_PROPERTIES].type != JSON_NONE)
            k->types = SCHEMAKEY_OBJECT;
        else if (k->value[SCHEMAKEY_ITEMS].type != JSON_NONE)
            k->types = SCHEMAKEY_ARRAY;
        else if (!schemakey_is_enum(k))
            return err_set(e, ERR_USAGE, "no 'type': any value is not supported");
        return 0;
    }
    if (v.type != JSON_ARRAY)
        return add_type(k, v, e);
    it = json_begin(v);
    while (json_next(&it, &none, &v))
        if (add_type(k, v, e))
            return -1;
    return k->types ? 0 : err_set(e, ERR_USAGE, "'type' is an empty list");
}

/* An enum has its values, and nothing else to say but their types. */
static int
check_enum(const struct schemakey *k, struct err *e)
{
    if (!schemakey_is_enum(k))
        return 0;
    for (int i = 0; i < SCHEMAKEY_NAMES; i++)
        if (k->value[i].type != JSON_NONE && i != SCHEMAKEY_TYPE &&
            i != (k->value[SCHEMAKEY_CONST].type ? SCHEMAKEY_CONST : SCHEMAKEY_ENUM))
            return err_set(e, ERR_USAGE,
                           "'%s' beside 'enum' or 'const' is not supported",
                           names[i].text);
    return 0;
}

int
schemakey_read(struct schemakey *k, struct json v, struct err *e)
{
    struct json_iter it;
    struct json key, value;

    *k = (struct schemakey){ 0 };
    if (v.type != JSON_OBJECT)
        return err_set(e, ERR_USAGE, "%.*s: a schema must be an object here", shown(v),
                       v.p);
    it = json_begin(v);
    while (json_next(&it, &key, &value))
        if (add(k, key, value, e))
            return -1;
    return read_types(k, e) || check_enum(k, e) ? -1 : 0;
}

const char *
schemakey_text(enum schemakey_name name)
{
    return names[name].text;
}

int64_t
schemakey_count(const struct schemakey *k, enum schemakey_name name, int64_t none)
{
    int64_t n;

    if (k->value[name].type != JSON_NUMBER ||
        !json_int(k->value[name], 0, COUNT_MAX, &n))
        return none;
    return n;
}

int
schemakey_is_enum(const struct schemakey *k)
{
    return k->value[SCHEMAKEY_ENUM].type != JSON_NONE ||
           k->value[SCHEMAKEY_CONST].type != JSON_NONE;
}

/* 1.0 is an integer, too, but need not be written. */
static int
is_integer(struct json v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] == '.' || (v.p[i] | 0x20) == 'e')
            return 0;
    return 1;
}

int
schemakey_allows(const struct schemakey *k, struct json v)
{
    if (k->types == 0)
        return 1;
    switch (v.type) {
    case JSON_STRING: return k->types & SCHEMAKEY_STRING ? 1 : 0;
    case JSON_NULL: return k->types & SCHEMAKEY_NULL ? 1 : 0;
    case JSON_TRUE:
    case JSON_FALSE: return k->types & SCHEMAKEY_BOOLEAN ? 1 : 0;
    case JSON_NUMBER:
        return k->types & SCHEMAKEY_NUMBER ||
               (k->types & SCHEMAKEY_INTEGER && is_integer(v));
    default: return 0;
    }
}

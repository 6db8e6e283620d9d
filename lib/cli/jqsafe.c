/* jqsafe.c - may this jq program run over records? */
#include "cli/jqsafe.h"

#include <ctype.h>
#include <string.h>

#define MAX_NEST 256

static const char *const refused[] = {
    "now",
    "localtime",
    "strflocaltime",
    "input",
    "inputs",
    "halt",
    "halt_error",
    "debug",
    "stderr",
    "env",
    "$ENV",
    "include",
    "input_line_number",
    "input_filename",
    "import",
    "modulemeta",
    "get_search_list",
    "$__prog_args",
};

struct lex {
    const char *p;
    char nest[MAX_NEST]; /* open brackets; '"' is a string with \( ... ) in it */
    int depth;
    char before; /* the last character that is no space, outside of names */
    struct err *e;
};

static int
open_bracket(struct lex *x, char c)
{
    if (x->depth == MAX_NEST)
        return err_set(x->e, ERR_USAGE, "jq program nested deeper than %d", MAX_NEST);
    x->nest[x->depth++] = c;
    return 0;
}

static char
innermost(const struct lex *x)
{
    return x->depth > 0 ? x->nest[x->depth - 1] : '\0';
}

/* Inside a string: to its end, or into an interpolation, which is program text again.
 */
static int
string_rest(struct lex *x)
{
    for (; *x->p && *x->p != '"'; x->p++) {
        if (*x->p != '\\' || !x->p[1])
            continue;
        if (*++x->p == '(') {
            x->p++;
            x->before = '(';
            return open_bracket(x, '"');
        }
    }
    x->p += *x->p == '"';
    x->before = '"';
    return 0;
}

static int
is_word(char c)
{
    return c == '_' || isalnum((unsigned char)c);
}

/* The name of a member: `.name`, or `name:` and `{name` in an object construction. */
static int
is_member(const struct lex *x, const char *end)
{
    while (isspace((unsigned char)*end))
        end++;
    if (x->before == '.')
        return 1;
    return innermost(x) == '{' && (x->before == '{' || x->before == ',') &&
           (*end == ':' || *end == ',' || *end == '}');
}

static int
name(struct lex *x)
{
    const char *from = x->p;
    size_t n;

    x->p += *x->p == '$' || *x->p == '@';
    while (is_word(*x->p) || (x->p[0] == ':' && x->p[1] == ':' && is_word(x->p[2])))
        x->p += *x->p == ':' ? 2 : 1;
    n = (size_t)(x->p - from);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (strlen(refused[i]) == n && memcmp(refused[i], from, n) == 0 &&
            (*from == '$' || !is_member(x, x->p)))
            return err_set(x->e, ERR_USAGE,
                           "'%s' is not allowed in a jq program over records: the "
                           "result would not depend on the record alone",
                           refused[i]);
    x->before = 'a';
    return 0;
}

static int
punctuation(struct lex *x)
{
    char c = *x->p++;

    if (c == '"')
        return string_rest(x);
    if (strchr("([{", c)) {
        if (open_bracket(x, c))
            return -1;
    } else if (strchr(")]}", c) && x->depth > 0) {
        int was_string = x->nest[--x->depth] == '"';
        if (was_string)
            return string_rest(x);
    }
    if (!isspace((unsigned char)c))
        x->before = c;
    return 0;
}

int
jqsafe(const char *program, struct err *e)
{
    struct lex x = { .p = program, .e = e };

    while (*x.p) {
        if (*x.p == '#') {
            x.p += strcspn(x.p, "\n");
        } else if (is_word(*x.p) || *x.p == '$' || *x.p == '@') {
            if (name(&x))
                return -1;
        } else if (punctuation(&x)) {
            return -1;
        }
    }
    return 0;
}

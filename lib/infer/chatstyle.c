/* chatstyle.c - the closed list of ways in which models are spoken to */
#include "infer/chatstyle.h"

#include "text/utf8.h"

#define TEMPLATE_MAX ((size_t)1 << 17)
#define SYSTEM_MAX   4096 /* bytes of a system text that a template has */

#define TRIM_TURNS (CHATSTYLE_TRIM_SYSTEM | CHATSTYLE_TRIM_USER | CHATSTYLE_TRIM_ANSWER)

#define LLAMA3_ROLE(role) "<|start_header_id|>" role "<|end_header_id|>\n\n"
#define LLAMA3_TURN       LLAMA3_ROLE("user"), "<|eot_id|>"
#define LLAMA3_TOKENS     "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"

const struct chatstyle chatstyle_plain = {
    .name = "plain",
    .system = { "", "\n\n" },
    .user = { "", "\n" },
    .answer = { "", "\n\n" },
    .ask = "",
};

/* The first one that fits is taken. */
static const struct chatstyle list[] = {
    {
        .name = "chatml",
        .has = { "<|im_start|>assistant\n", "<|im_end|>\n" },
        .lacks = { "<|im_start|>assistant\n<", "<|im_sep|>", "strftime_now" },
        .token = { "<|im_start|>", "<|im_end|>" },
        .system = { "<|im_start|>system\n", "<|im_end|>\n" },
        .user = { "<|im_start|>user\n", "<|im_end|>\n" },
        .answer = { "<|im_start|>assistant\n", "<|im_end|>\n" },
        .ask = "<|im_start|>assistant\n",
        .trim = TRIM_TURNS,
    },
    {
        /* Llama 3.1 and later. The day is the one that the template has for where it
         * cannot ask for today's: an answer must not depend on the day. */
        .name = "llama31",
        .has = { LLAMA3_ROLE("assistant"), "<|eot_id|>",
                 "Cutting Knowledge Date: December 2023\n",
                 "Today Date: ", "\"26 Jul 2024\"" },
        .token = { LLAMA3_TOKENS },
        .system = { LLAMA3_ROLE("system") "Cutting Knowledge Date: December 2023\n"
                                          "Today Date: 26 Jul 2024\n\n",
                    "<|eot_id|>" },
        .user = { LLAMA3_TURN },
        .answer = { LLAMA3_ROLE("assistant"), "<|eot_id|>" },
        .ask = LLAMA3_ROLE("assistant"),
        .none = "",
        .trim = TRIM_TURNS,
    },
    {
        .name = "llama3",
        .has = { LLAMA3_ROLE("assistant"), "<|start_header_id|>", "<|eot_id|>" },
        .lacks = { "Cutting Knowledge", "strftime_now" },
        .token = { LLAMA3_TOKENS },
        .system = { LLAMA3_ROLE("system"), "<|eot_id|>" },
        .user = { LLAMA3_TURN },
        .answer = { LLAMA3_ROLE("assistant"), "<|eot_id|>" },
        .ask = LLAMA3_ROLE("assistant"),
        .trim = TRIM_TURNS,
    },
    {
        .name = "llama2",
        .has = { "[INST] ", " [/INST]", "<<SYS>>\n", "\n<</SYS>>\n\n", "bos_token + ",
                 "content.strip()" },
        .how = CHATSTYLE_INSIDE,
        .system = { "<<SYS>>\n", "\n<</SYS>>\n\n" },
        .user = { "\1[INST] ", " [/INST]" },
        .answer = { " ", " \2" },
        .ask = "",
        .trim = CHATSTYLE_TRIM_JOINED | CHATSTYLE_TRIM_ANSWER,
    },
    {
        .name = "mistral",
        .has = { "'[INST] ' + message['content'] + ' [/INST]'",
                 "{{ message['content'] + eos_token}}",
                 "Only user and assistant roles are supported!" },
        .how = CHATSTYLE_REFUSE,
        .user = { "[INST] ", " [/INST]" },
        .answer = { "", "\2" },
        .ask = "",
    },
    {
        .name = "mistral1",
        .has = { "' [INST] ' + system_message + '\n\n' + message['content'] + ' "
                 "[/INST]'",
                 "' [INST] ' + message['content'] + ' [/INST]'",
                 "' ' + message['content'] + eos_token}}" },
        .how = CHATSTYLE_INSIDE,
        .system = { "", "\n\n" },
        .user = { " [INST] ", " [/INST]" },
        .answer = { " ", "\2" },
        .ask = "",
    },
    {
        .name = "gemma3",
        .has = { "<start_of_turn>model\n", "<end_of_turn>\n", "first_user_prefix",
                 "messages[0]['content'] + '\n\n'" },
        .token = { "<start_of_turn>", "<end_of_turn>" },
        .how = CHATSTYLE_INSIDE,
        .system = { "", "\n\n" },
        .user = { "<start_of_turn>user\n", "<end_of_turn>\n" },
        .answer = { "<start_of_turn>model\n", "<end_of_turn>\n" },
        .ask = "<start_of_turn>model\n",
        .trim = CHATSTYLE_TRIM_USER | CHATSTYLE_TRIM_ANSWER,
    },
    {
        .name = "gemma",
        .has = { "<start_of_turn>model\n", "<end_of_turn>\n",
                 "System role not supported" },
        .token = { "<start_of_turn>", "<end_of_turn>" },
        .how = CHATSTYLE_REFUSE,
        .user = { "<start_of_turn>user\n", "<end_of_turn>\n" },
        .answer = { "<start_of_turn>model\n", "<end_of_turn>\n" },
        .ask = "<start_of_turn>model\n",
        .trim = CHATSTYLE_TRIM_USER | CHATSTYLE_TRIM_ANSWER,
    },
};

#define LISTED (sizeof list / sizeof *list)

void
chatstyle_release(struct chatstyle_made *made)
{
    buf_free(&made->text);
    *made = (struct chatstyle_made){ 0 };
}

/* ---- the text of a template, made comparable ---- */

/* Behind `'a' + 'b'`, from the first quote to behind the second, else 0 */
static size_t
joint(struct str s, size_t i)
{
    size_t at = i + 1;

    while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\n'))
        at++;
    if (at == s.n || s.p[at] != '+')
        return 0;
    for (at++; at < s.n && (s.p[at] == ' ' || s.p[at] == '\n'); at++)
        ;
    return at < s.n && (s.p[at] == '\'' || s.p[at] == '"') ? at + 1 : 0;
}

static char
escaped(char c)
{
    return (char)(c == 'n' ? '\n' : c == 't' ? '\t' : c);
}

/* String literals without escapes, and those that are added to each other made one. */
static void
plain_text(struct str s, struct buf *b)
{
    for (size_t i = 0; i < s.n;) {
        size_t next = s.p[i] == '\'' || s.p[i] == '"' ? joint(s, i) : 0;
        if (next > 0) {
            i = next;
        } else if (s.p[i] == '\\' && i + 1 < s.n && strchr("nt\\'\"", s.p[i + 1])) {
            buf_char(b, escaped(s.p[i + 1]));
            i += 2;
        } else {
            buf_char(b, s.p[i++]);
        }
    }
}

/* ---- what it says ---- */

static int
is_quote(char c)
{
    return c == '\'' || c == '"';
}

/* Behind a name, is there "= 'text'", with some text? */
static int
is_given_text(struct str s, size_t at)
{
    while (at < s.n && s.p[at] == ' ')
        at++;
    if (at == s.n || s.p[at] != '=')
        return 0;
    for (at++; at < s.n && s.p[at] == ' '; at++)
        ;
    return s.n - at >= 2 && is_quote(s.p[at]) && s.p[at + 1] != s.p[at];
}

/* A default system text that is put together out of sight of own_system(): a variable
 * with such a name that is given a text. */
static int
hides_system(struct str s)
{
    for (size_t at = 0; (at = str_find(s, at, "system")) < s.n;) {
        while (at < s.n &&
               (s.p[at] == '_' || s.p[at] == '.' || (s.p[at] >= 'a' && s.p[at] <= 'z')))
            at++;
        if (is_given_text(s, at))
            return 1;
    }
    return 0;
}

static int
fits(const struct chatstyle *c, struct str s)
{
    for (size_t i = 0; i < sizeof c->has / sizeof *c->has && c->has[i]; i++)
        if (!str_holds(s, c->has[i]))
            return 0;
    for (size_t i = 0; i < sizeof c->lacks / sizeof *c->lacks && c->lacks[i]; i++)
        if (str_holds(s, c->lacks[i]))
            return 0;
    return !hides_system(s);
}

static int
trims(struct str s)
{
    static const char *const how[] = { "content'] | trim",  "content']|trim",
                                       "content\"] | trim", "content\"]|trim",
                                       "content | trim",    "content|trim",
                                       "content.strip()",   "content'].strip()" };

    for (size_t i = 0; i < sizeof how / sizeof *how; i++)
        if (str_holds(s, how[i]))
            return 1;
    return 0;
}

/* The text that stands as a whole in the system turn: where a literal goes on behind
 * its beginning, up to its end. */
static struct str
own_system(const struct chatstyle *c, struct str s)
{
    for (size_t at = 0; (at = str_find(s, at, c->system.before)) < s.n;) {
        struct str rest;
        at += strlen(c->system.before);
        rest = (struct str){ s.p + at, s.n - at < SYSTEM_MAX ? s.n - at : SYSTEM_MAX };
        if (rest.n > 0 && !is_quote(rest.p[0])) {
            struct str text = { rest.p, str_find(rest, 0, c->system.after) };
            if (text.n < rest.n && !str_holds(text, "}}"))
                return text;
        }
    }
    return (struct str){ NULL, 0 };
}

static const struct chatstyle *
find_style(struct str s)
{
    for (size_t i = 0; i < LISTED; i++)
        if (fits(&list[i], s))
            return &list[i];
    return NULL;
}

static void
list_names(struct buf *b)
{
    for (size_t i = 0; i < LISTED; i++) {
        buf_puts(b, i ? ", " : "");
        buf_puts(b, list[i].name);
    }
}

static int
unknown(struct str s, struct err *e)
{
    struct buf names = { 0 };
    int shown = (int)utf8_valid(s.p, s.n < 40 ? s.n : 40);

    list_names(&names);
    err_set(
        e, ERR_MODEL,
        "the chat template '%.*s%s' is not known (known are %.*s); --raw-prompt takes "
        "the text without one",
        shown, s.p, s.n > 40 ? "..." : "", (int)names.n, names.p);
    buf_free(&names);
    return -1;
}

const struct chatstyle *
chatstyle_match(struct str template, struct chatstyle_made *made, struct err *e)
{
    const struct chatstyle *style = NULL;
    struct str s;

    *made = (struct chatstyle_made){ 0 };
    if (template.n <= TEMPLATE_MAX &&
        utf8_valid(template.p, template.n) == template.n) {
        plain_text(template, &made->text);
        s = buf_span(&made->text);
        style = find_style(s);
    }
    if (style == NULL) {
        chatstyle_release(made);
        unknown(template, e);
        return NULL;
    }
    made->bos = str_holds(s, "bos_token");
    made->trim = trims(s) ? style->trim : 0;
    if (style->none)
        made->none = str_of(style->none);
    else if (style->how == CHATSTYLE_TURN)
        made->none = own_system(style, s);
    return style;
}

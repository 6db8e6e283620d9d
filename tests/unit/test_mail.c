/* test_mail.c - messages: parts, encodings, charsets; mailboxes */
#include "gathered.h"
#include "source/mail.h"

static void
mail(const char *text, const char *want, const char *name)
{
    struct gathered g;

    gathered_begin(&g, str_of(text));
    gathered_is(&g, mail_read(&g.r, &g.e), want, name);
}

static void
mbox(const char *text, const char *want, const char *name)
{
    struct gathered g;

    gathered_begin(&g, str_of(text));
    gathered_is(&g, mail_read_mbox(&g.r, &g.e), want, name);
}

static void
headers(void)
{
    mail("Subject: a\n b\nX: y\n\nt\n", "{\"subject\":\"a b\",\"text\":\"t\\n\"}\n",
         "a folded field");
    mail("Subject: =?utf-8?q?=C3=A4_b?= =?utf-8?b?w6Q=?= c\n\n",
         "{\"subject\":\"\xc3\xa4 b\xc3\xa4 c\",\"text\":\"\"}\n", "encoded words");
    mail("Subject: =?utf-8?q?=C3?= =?utf-8?q?=A4?=\n\n",
         "{\"subject\":\"\xc3\xa4\",\"text\":\"\"}\n", "a letter cut between two");
    mail("Subject: =?x-no?q?a?= =?utf-8?q?b\n\n",
         "{\"subject\":\"=?x-no?q?a?= =?utf-8?q?b\",\"text\":\"\"}\n",
         "what cannot be decoded stays");
    mail("Subject: a\nno field\nb\n",
         "{\"subject\":\"a\",\"text\":\"no field\\nb\\n\"}\n", "no empty line");
    mail("Subject: \xff\n\nt\n", "!utf8 1 0\n", "a field that is not UTF-8");
}

static void
bodies(void)
{
#define HEAD "Content-Transfer-Encoding: "
    mail(HEAD "quoted-printable\n\na=3D=\nb =20 \nc=zz\n",
         "{\"text\":\"a=b  \\nc=zz\\n\"}\n", "quoted-printable");
    mail(HEAD "base64\n\nYWJj\nZA==\n", "{\"text\":\"abcd\"}\n", "base64");
    mail(HEAD "base64\n\nYWJ\n", "!input 1 0\n", "base64 that was cut");
    mail(HEAD "base64\n\nYW*j\n", "!input 1 0\n", "no base64");
    mail(HEAD "x-uu\n\na\n", "!input 1 0\n", "an encoding nobody knows");
    mail("Content-Type: text/plain; charset=\"iso-8859-1\"\n\n\xe9\n",
         "{\"text\":\"\xc3\xa9\\n\"}\n", "a charset");
    mail("Content-Type: text/plain; charset=../x\n\na\n", "!utf8 1 0\n", "no charset");
    mail("\n\xe9\n", "!utf8 1 0\n", "none declared: not guessed");
    mail("Content-Type: text/html\n\n<p>a<p>b", "{\"text\":\"a\\nb\"}\n", "a page");
    mail("\na\r\nb\rc\r\n", "{\"text\":\"a\\nb\\rc\\n\"}\n", "line ends");
}

static void
parts(void)
{
#define MULTI(kind) "Content-Type: multipart/" kind "; boundary=b\n\n"
#define HTML        "--b\nContent-Type: text/html\n\n<i>h\n"
    mail(MULTI("mixed") "pre\n--b\n\none\n--b\n\ntwo\n--b--\npost\n",
         "{\"text\":\"one\\ntwo\"}\n", "parts in order");
    mail(MULTI("alternative") HTML "--b\n\nplain\n--b--\n", "{\"text\":\"plain\"}\n",
         "the plain alternative");
    mail(MULTI("mixed") HTML "--b\n\nfooter\n--b--\n", "{\"text\":\"h\\nfooter\"}\n",
         "a page beside a text");
    mail(MULTI("mixed") "--b\nContent-Disposition: attachment\n\nx\n--b\n\ny\n--b--\n",
         "{\"text\":\"y\"}\n", "an attachment");
    mail(
        MULTI("mixed") "--b\nContent-Type: message/rfc822\n\nSubject: in\n\nz\n--b--\n",
        "{\"text\":\"z\"}\n", "a message in it");
    mail(MULTI("digest") "--b\n\nSubject: in\n\nz\n--b--\n", "{\"text\":\"z\"}\n",
         "a digest");
    mail(MULTI("mixed") "--b\n\none", "{\"text\":\"one\"}\n!input 1 0\n",
         "no last boundary: the text, and that it was cut");
    mail(MULTI("mixed") "none\n", "!input 1 0\n", "no boundary");
    mail("Content-Type: multipart/mixed; boundary*=x'y'%62\n\n--b\n\nt\n--b--\n",
         "{\"text\":\"t\"}\n", "a boundary of RFC 2231");
}

static void
deep(void)
{
    struct buf b = { 0 };

    for (int i = 0; i < 100; i++)
        buf_printf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    buf_char(&b, '\0');
    mail(b.p, "!depth 1 0\n", "too deep");
    buf_free(&b);
}

static void
boxes(void)
{
#define FROM "From a@b Thu Jan  1 00:00:00 1970\n"
    mbox(FROM "\na\n\n" FROM "\nb\n", "{\"text\":\"a\\n\"}\n{\"text\":\"b\\n\"}\n",
         "two messages");
    mbox(FROM "\n>From x\n>>From y\n\nFrom now on\n",
         "{\"text\":\"From x\\n>From y\\n\\nFrom now on\\n\"}\n", "quoted From");
    mbox("x\n\n" FROM "\na\n", "!input 1 0\n{\"text\":\"a\\n\"}\n", "something before");
}

int
main(void)
{
    headers();
    bodies();
    parts();
    deep();
    boxes();
    return tap_done();
}

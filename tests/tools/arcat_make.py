#!/usr/bin/env python3
"""arcat_make.py - the archives that arcat.bats reads, by Python's own writers

usage: arcat_make.py FOLDER
Beside each archive NAME lies NAME.want: its texts as a JSON list, by the maker's reader.
"""
import csv, email.message, gzip, io, json, mailbox, os, sys, tarfile, zipfile

os.chdir(sys.argv[1])
FILES = [("a.txt", "hello\nworld\n"), ("sub/b.txt", 'sécond "q" \\ \t\x01\n'),
         ("c.txt", "x" * 3000 + "\n")]


def write(name, data, want=None):
    with open(name, "wb") as f:
        f.write(data)
    if want is not None:
        with open(name + ".want", "w") as f:
            json.dump(want, f)


def tar(files, fmt=tarfile.PAX_FORMAT):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w", format=fmt) as t:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return b.getvalue()


files = [(n, t.encode()) for n, t in FILES]
texts = [t for _, t in FILES]
write("t.tar", tar(files), texts)
write("u.tar", tar(files, tarfile.USTAR_FORMAT), texts)
write("two.tar", tar(files) + tar(files), texts * 2)
write("t.tar.gz", gzip.compress(tar(files), mtime=0), texts)
write("none.tar", tar([]), [])
with zipfile.ZipFile("t.zip", "w", zipfile.ZIP_DEFLATED) as z:
    for name, data in files:
        z.writestr(name, data)
with zipfile.ZipFile("t.zip") as z:
    write("t.zip.want", json.dumps([z.read(n).decode() for n in z.namelist()]).encode())
write("nested.tar", tar([("in.zip", open("t.zip", "rb").read()),
                         ("in.tar.gz", open("t.tar.gz", "rb").read())]), texts * 2)
deep = tar([("a.txt", b"deep")])
for i in range(12):
    deep = tar([("n%d.tar" % i, deep)])
write("deep.tar", deep)
write("evil.tar", tar([("../../x", b"1"), ("/etc/x", b"2"), ("a\udcffb", b"3"),
                       ("n" * 5000, b"4"), ("nl\nname", b"5")], tarfile.GNU_FORMAT))
b = io.BytesIO()
with tarfile.open(fileobj=b, mode="w") as t:
    info = tarfile.TarInfo("e")
    for i in range(2001):
        t.addfile(info)
write("many.tar", b.getvalue())
zero = io.BytesIO()
with gzip.GzipFile(fileobj=zero, mode="wb", mtime=0) as g:
    for i in range(128):
        g.write(bytes(1 << 20))
write("bomb.gz", zero.getvalue())
write("two.gz", gzip.compress(b"one\n", mtime=0) + gzip.compress(b"two\n", mtime=0))

rows = [["id", "note"], ["1", 'a "b"\nc'], ["2", ""], ["3", "x,y\r\nz"], ["4", "é"]]
for name, dialect in ("t.csv", "excel"), ("t.tsv", "excel-tab"):
    s = io.StringIO(newline="")
    csv.writer(s, dialect).writerows(rows)
    got = list(csv.DictReader(io.StringIO(s.getvalue(), newline=""), dialect=dialect))
    write(name, s.getvalue().encode(), got)

box = mailbox.mbox("t.mbox")
for i in range(12):
    m = email.message.EmailMessage()
    m["From"] = "Jürgen Müller <j@example.org>"
    m["Subject"] = "Täst %d" % i + ", größer" * (5 * (i % 3))
    m["Message-ID"] = "<%d@example.org>" % i
    m.set_content("From here\n\nFrom there, ünï %d\n" % i, cte=["8bit", "base64",
                  "quoted-printable"][i % 3], charset=["utf-8", "iso-8859-1"][i % 2])
    if i % 4 == 1:
        m.add_alternative("<p>not this</p>", subtype="html")
    if i % 4 == 2:
        m.add_attachment(b"\0\1", maintype="image", subtype="png", filename="x.png")
    box.add(m)
box.flush()
want = []
for m in mailbox.mbox("t.mbox", factory=lambda f: email.message_from_binary_file(
        f, policy=email.policy.default)):
    part = m.get_body(("plain",))
    text = part.get_payload(decode=True).decode(part.get_content_charset())
    if part["content-transfer-encoding"] != "base64":  # the mailbox's quoting
        text = text.replace(">From", "From")
    want.append([m["from"], m["subject"], m["message-id"], text])
with open("t.mbox.want", "w") as f:
    json.dump(want, f)


def warc(kind, mime, block, uri="http://e.org/"):
    return (b"WARC/1.0\r\nWARC-Type: %s\r\nWARC-Target-URI: %s\r\nContent-Type: %s\r\n"
            b"Content-Length: %d\r\n\r\n%s\r\n\r\n"
            % (kind, uri.encode(), mime, len(block), block))


def http(mime, body, more=b""):
    return b"HTTP/1.1 200 OK\r\nContent-Type: " + mime + b"\r\n" + more + b"\r\n" + body


def chunks(body):
    cut = [body[i:i + 7] for i in range(0, len(body), 7)] + [b""]
    return b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in cut)


H = b"application/http; msgtype=response"
page = ("<html><head><title>Täg</title><style>p{}</style></head><body><h1>A &amp; B</h1>"
        "<p>one<br>two<script>x()</script><table><tr><td>1<td>2</table>")
text = "A & B\none\ntwo\n1\t2"
records = [
    (warc(b"warcinfo", b"application/warc-fields", b"a: b\r\n"), None),
    (warc(b"response", H, http(b"text/html; charset=utf-8", page.encode())), text),
    (warc(b"response", H, http(b"text/html", page.replace(
        "<head>", "<head><meta charset=iso-8859-1>").encode("latin1"))), text),
    (warc(b"response", H, http(b"text/html; charset=utf-8", chunks(gzip.compress(
        page.encode(), mtime=0)), b"Transfer-Encoding: chunked\r\n"
        b"Content-Encoding: gzip\r\n")), text),
    (warc(b"response", H, http(b"image/png", b"\x89PNG")), None),
    (warc(b"conversion", b"text/plain", "cönv".encode()), "cönv"),
]
want = [t for _, t in records if t]
write("t.warc", b"".join(r for r, _ in records), want)
write("t.warc.gz", b"".join(gzip.compress(r, mtime=0) for r, _ in records), want)
bad = [gzip.compress(r, mtime=0) for r, _ in records]
bad[1] = bad[1][:60] + bytes([bad[1][60] ^ 255]) + bad[1][61:]
write("bad.warc.gz", b"".join(bad), want[1:])
write("lines.txt", "".join("line %d\n" % i for i in range(997)).encode() + b"no end")
write("lines.jsonl", b"".join(b'{"n":%d,"text":"%s"}\n' % (i, b"x" * (i % 17))
                              for i in range(300)))

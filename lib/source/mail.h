/*
 * mail.h - messages and mailboxes to records
 *
 * A record is a message: members from, to, cc, date, subject, message_id, in_reply_to,
 * references, list_id (those that it has, decoded) and text: its text parts one behind
 * another. Of the alternatives of a part the plain one is taken, else the page without
 * its tags; attachments are left out.
 *
 * Threads: one owner.
 */
#ifndef SOURCE_MAIL_H
#define SOURCE_MAIL_H

#include "source/reader.h"

#define MAIL_DEPTH 64    /* parts inside each other */
#define MAIL_PARTS 10000 /* of one message */

/* One message (after its "From " line) becomes one record, or a reject; one that was
 * cut becomes both. Returns as reader_end(). */
int mail_message(struct reader *r, struct str message, uint64_t line, uint64_t offset);

/* Readers (reader.h): one message; a mailbox, whose messages begin with a "From " line
 * (with a time and a year) behind an empty one, and have ">From" for "From" inside. */
int mail_read(struct reader *r, struct err *e);
int mail_read_mbox(struct reader *r, struct err *e);

#endif

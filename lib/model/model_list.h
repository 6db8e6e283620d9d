/*
 * model_list.h - every architecture, once
 *
 * MODEL(a) is `const struct model_ops a_ops` in lib/model/a.c; see model.h. Included
 * with MODEL defined, as often as needed.
 */
MODEL(bert)
MODEL(distilbert)
MODEL(mpnet)
MODEL(roberta)
MODEL(roberta_xlm) /* of roberta.c */
